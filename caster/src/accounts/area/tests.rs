//! Areas against what geometry says of them, on any boxes and polygons.

use proptest::prelude::*;

use super::*;

fn at(latitude_deg: f64, longitude_deg: f64) -> Spot {
    Spot { latitude_deg, longitude_deg }
}

#[track_caller]
fn check(area: &str, (north, east): (f64, f64), inside: bool) {
    let read: Area = area.parse().unwrap();
    assert_eq!(read.contains(at(north, east)), inside, "{area}: {north} {east}");
}

#[test]
fn places_are_inside_or_outside() {
    let guangxi = "box 20.5 104.4 26.4 112.1";
    check(guangxi, (22.8, 108.3), true);
    check(guangxi, (20.5, 104.4), true); // its corner
    check(guangxi, (20.49, 108.3), false);
    check(guangxi, (22.8, -108.3), false);
    let across_the_date_line = "box -20 175 -10 -175";
    check(across_the_date_line, (-15.0, 179.0), true);
    check(across_the_date_line, (-15.0, -179.0), true);
    check(across_the_date_line, (-15.0, 0.0), false);
    let hook = "polygon 0 0, 0 10, 10 10, 10 8, 2 8, 2 0";
    check(hook, (1.0, 1.0), true);
    check(hook, (9.0, 9.0), true);
    check(hook, (9.0, 1.0), false);
    let fiji = "polygon -20 175 -20 -175 -10 180";
    check(fiji, (-15.0, 180.0), true);
    check(fiji, (-15.0, -180.0), true);
    check(fiji, (-19.9, -175.5), true);
    check(fiji, (-15.0, 170.0), false);
    check("box 0 0 1 1; box 5 5 6 6", (5.5, 5.5), true);
    check("box 0 0 1 1; box 5 5 6 6", (3.0, 3.0), false);
}

#[test]
fn what_is_no_area_is_told() {
    let fault = |text: &str| text.parse::<Area>().unwrap_err();
    assert!(matches!(fault(""), BadArea::NoShape(_)));
    assert!(matches!(fault("circle 1 2 3"), BadArea::Corners));
    assert!(matches!(fault("circle 1 2"), BadArea::NoShape(_)));
    assert!(matches!(fault("box 1 2 3 x"), BadArea::NoNumber(_)));
    assert_eq!(fault("box 1 2 3"), BadArea::Corners);
    assert_eq!(fault("box 3 0 1 1"), BadArea::UpsideDown);
    assert_eq!(fault("box 0 0 91 1"), BadArea::OffEarth);
    assert_eq!(fault("box 0 0 NaN 1"), BadArea::OffEarth);
    assert_eq!(fault("polygon 0 0 1 1"), BadArea::Corners);
    assert_eq!(fault("polygon 80 0 80 120 80 -120"), BadArea::TooWide);
    assert_eq!(fault(&vec!["box 0 0 1 1"; 65].join(";")), BadArea::Shapes);
}

/// A rectangle anywhere, also across the date line: south, west, height and width in degrees.
fn rectangle() -> impl Strategy<Value = (f64, f64, f64, f64)> {
    (-89.0..80.0, -180.0..180.0, 0.5..9.0, 0.5..170.0)
}

fn rolled(longitude: f64) -> f64 {
    short_way(0.0, longitude)
}

proptest! {
    /// A box and the polygon of its corners agree about every place that is not on the border.
    #[test]
    fn a_box_is_the_polygon_of_its_corners(
        (south, west, height, width) in rectangle(),
        (along, up) in (-0.5..1.5, -0.5..1.5),
    ) {
        let (north, east) = (south + height, rolled(west + width));
        let drawn = Area::new(vec![Shape::Box { south_west: at(south, west), north_east: at(north, east) }]).unwrap();
        let corners = vec![at(south, west), at(south, east), at(north, east), at(north, west)];
        let polygon = Area::new(vec![Shape::Polygon(corners)]).unwrap();
        let border = |x: f64| x.abs() < 1e-6 || (x - 1.0).abs() < 1e-6;
        prop_assume!(!border(along) && !border(up));
        let place = at((south + up * height).clamp(-90.0, 90.0), rolled(west + along * width));
        let inside = (0.0..1.0).contains(&along) && (0.0..1.0).contains(&up);
        prop_assert_eq!(drawn.contains(place), inside);
        prop_assert_eq!(polygon.contains(place), inside);
    }

    /// In a polygon whose corners lie on a circle, the middle is inside, whatever the first corner and the direction,
    /// and what is beyond the circle is outside.
    #[test]
    fn a_round_polygon_has_its_middle_inside(
        (north, east, radius) in (-60.0..60.0, -180.0..180.0, 0.5..20.0),
        corners in 5usize..40,
        turned in 0usize..40,
        backwards: bool,
        bearing in 0.0..std::f64::consts::TAU,
    ) {
        let mut around: Vec<Spot> = (0..corners)
            .map(|i| std::f64::consts::TAU * i as f64 / corners as f64)
            .map(|angle| at(north + radius * angle.cos(), rolled(east + radius * angle.sin())))
            .collect();
        around.rotate_left(turned % corners);
        if backwards {
            around.reverse();
        }
        let area = Area::new(vec![Shape::Polygon(around)]).unwrap();
        let place = |part: f64| {
            at(north + part * radius * bearing.cos(), rolled(east + part * radius * bearing.sin()))
        };
        // A pentagon's sides come as near to its middle as cos 36 degrees of the radius.
        prop_assert!(area.contains(place(0.0)) && area.contains(place(0.8)));
        prop_assert!(!area.contains(place(1.001)) && !area.contains(place(1.4)));
    }

    #[test]
    fn what_is_written_is_read_again((south, west, height, width) in rectangle(), more in 0usize..3) {
        let shape = Shape::Box { south_west: at(south, west), north_east: at(south + height, rolled(west + width)) };
        let triangle = Shape::Polygon(vec![at(south, west), at(south + height, west), at(south, rolled(west + 1.0))]);
        let mut shapes = vec![shape];
        shapes.extend(vec![triangle; more]);
        let area = Area::new(shapes).unwrap();
        prop_assert_eq!(area.to_string().parse(), Ok(area));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = text.parse::<Area>();
        let _ = format!("polygon {text}").parse::<Area>();
    }
}
