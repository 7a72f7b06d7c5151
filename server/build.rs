//! Builds the program anew when the operators' page was built anew: it is part of the program.

fn main() {
    println!("cargo:rerun-if-changed=../dashboard/dist");
}
