//! How the pages look and whether everybody can use them, at each size and in both schemes.

use super::Site;
use crate::world::World;

#[test]
fn the_first_page_of_a_new_home() {
    let world = World::new();
    Site::of(&world).plays("front", &[]);
}
