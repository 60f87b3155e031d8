//! Makes computers for this crate's own tests. The `whimbrel` binary is its own helper.

fn main() {
    if computer::namespaces::is_helper_call() {
        computer::namespaces::helper_main();
    }
    eprintln!("this program only serves whimbrel's tests");
    std::process::exit(2);
}
