//! Work that gives way: hours of files may wait for a rover's second, and never the other way round.

/// How far a thread steps back; the higher, the more it leaves to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivesWay {
    /// To stations and rovers, while people wait for what it does.
    ToTheNetwork,
    /// To everything.
    ToEverything,
}

/// Lets this thread, and those that it starts from now on, give way. Where the system does not let it, it works on as before, and says so.
pub fn give_way(how: GivesWay) {
    // Of Linux's nineteen steps down: half of them leave a tenth of a contended core, all of them a hundredth (sched(7)).
    let nice = match how {
        GivesWay::ToTheNetwork => 10,
        GivesWay::ToEverything => 19,
    };
    // On Linux a priority is a thread's own (setpriority(2), notes). A whole service that gives way already is not put forward.
    let set = rustix::process::getpriority_process(None).and_then(|now| {
        if now >= nice { Ok(()) } else { rustix::process::setpriority_process(None, nice) }
    });
    if let Err(error) = set {
        tracing::warn!("a thread does not give way to the network: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gives_way_alone() {
        let nice = || rustix::process::getpriority_process(None).expect("a priority");
        let before = nice();
        let (own, of_child) = std::thread::spawn(move || {
            give_way(GivesWay::ToTheNetwork);
            (nice(), std::thread::spawn(nice).join().expect("a number"))
        })
        .join()
        .expect("numbers");
        assert_eq!((own, of_child, nice()), (before.max(10), before.max(10), before));
    }
}
