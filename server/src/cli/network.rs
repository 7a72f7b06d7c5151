//! The options of `tianshu network`.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};

/// Options of `network`.
#[derive(Args, Debug)]
pub(crate) struct NetworkOptions {
    /// The folder of the stations' observations: RINEX 2.10 to 4.0x, CRINEX and gzip too.
    ///
    /// A station's name is its marker's, with characters other than letters, digits, '-' and '_' as '_'; without a marker
    /// it is the station part of the file's name. Files of one marker are joined in the order of time. Navigation files,
    /// and what is no RINEX, are passed over; so are ROVn.rnx and VRS_n.rnx (in capitals), the rovers of `simulate`
    /// and what this command writes.
    #[arg(long, value_name = "DIR")]
    pub obs: PathBuf,
    /// Navigation files.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub nav: Vec<PathBuf>,
    /// The markers' coordinates, before those of the files' headers.
    ///
    /// Either TOML as config/guangxi.toml, or lines `name,x,y,z` (Earth-centred, metres) or `name,lat,lon,h` (degrees
    /// north, degrees east, metres); a first line of titles and lines behind # are passed over. Names are those that
    /// --exclude takes. The antenna's height above the marker is always the header's (ANTENNA: DELTA H/E/N).
    #[arg(long, value_name = "FILE")]
    pub stations: Option<PathBuf>,
    /// Leave a station out, and compare what the network predicts there with what it saw; may be repeated.
    ///
    /// By its marker's name or its file's, in capitals or not: DELFT-16, delf and delf0010 are the same for the file
    /// delf0010.21d of the marker DELFT-16.
    #[arg(long, value_name = "NAME")]
    pub exclude: Vec<String>,
    /// Antenna calibrations (ANTEX), found by the ANT # / TYPE of the headers.
    #[arg(long, value_name = "FILE")]
    pub antex: Option<PathBuf>,
    #[command(flatten)]
    pub places: Places,
    /// Between the network's epochs; without it the shortest interval of the files. Tags up to 50 ms off belong to an epoch.
    #[arg(long, value_name = "SECONDS")]
    pub interval: Option<f64>,
    /// Systems to use, by their RINEX letters.
    #[arg(long, value_name = "LETTERS", default_value = "GRECJ")]
    pub systems: String,
    /// What the GLONASS COD/PHS/BIS of the headers mean, so that GLONASS can be solved: nothing (off), what was added to the phases already
    /// (aligned, as RINEX has it), or what is still to be added to them (told, as message 1230 tells it). Stations whose header has none take no
    /// part with GLONASS.
    #[arg(long, value_enum, default_value_t = GlonassHeaders::Off)]
    pub glonass: GlonassHeaders,
    /// The folder to write into: report.json, VRS_n.rnx, EXCLUDED_NAME.csv (docs/formats.md).
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// What headers' GLONASS biases mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum GlonassHeaders {
    /// Nothing: GLONASS is not solved.
    Off,
    /// They are in the phases already.
    Aligned,
    /// They are to be added to the phases.
    Told,
}

/// Where virtual stations are wanted, in the order of the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(pub Vec<Place>);

/// One of them, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Degrees north, degrees east, metres.
    At(String),
    /// Where the header of this observation file puts its antenna reference point.
    OfRinex(PathBuf),
}

/// The two options by which places are told. Derived options forget in which order two of them came.
const AT: &str = "at";
const AT_RINEX: &str = "at-rinex";

impl FromArgMatches for Places {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut all: Vec<(usize, Place)> = Vec::new();
        if let Some((indices, texts)) = matches.indices_of(AT).zip(matches.get_many::<String>(AT)) {
            all.extend(indices.zip(texts.cloned().map(Place::At)));
        }
        let paths = matches.get_many::<PathBuf>(AT_RINEX);
        if let Some((indices, paths)) = matches.indices_of(AT_RINEX).zip(paths) {
            all.extend(indices.zip(paths.cloned().map(Place::OfRinex)));
        }
        all.sort_by_key(|(index, _)| *index);
        Ok(Self(all.into_iter().map(|(_, place)| place).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Places {
    fn augment_args(command: Command) -> Command {
        let at = Arg::new(AT)
            .long(AT)
            .value_name("LAT,LON,H")
            .action(ArgAction::Append)
            .allow_hyphen_values(true)
            .help("Make a virtual station there: degrees north, degrees east, metres; may be repeated");
        let at_rinex = Arg::new(AT_RINEX)
            .long(AT_RINEX)
            .value_name("FILE")
            .action(ArgAction::Append)
            .value_parser(value_parser!(PathBuf))
            .help("Make one at the antenna reference point that this file's header tells; may be repeated")
            .long_help(
                "Make one at the antenna reference point that this file's header tells; may be repeated.\n\
                 Virtual stations are numbered from 1 in the order of --at and --at-rinex.",
            );
        command.arg(at).arg(at_rinex)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        options: NetworkOptions,
    }

    #[test]
    fn places_keep_the_order_of_the_command_line() {
        let line =
            "tianshu --obs d --nav a b --at -1,2,3 --at-rinex f.rnx --exclude X --at 4,5,6 --out o";
        let read = Alone::parse_from(line.split(' ')).options;
        let expected =
            [Place::At("-1,2,3".into()), Place::OfRinex("f.rnx".into()), Place::At("4,5,6".into())];
        assert_eq!(read.places.0, expected);
        assert_eq!((read.nav.len(), read.exclude.len()), (2, 1));
    }
}
