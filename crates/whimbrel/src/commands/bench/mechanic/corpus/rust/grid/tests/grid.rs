//! What a grid is to do.

use program::Grid;

fn grid(lines: &[&str]) -> Grid {
    Grid::parse(&lines.join("\n")).unwrap()
}

#[test]
fn parses() {
    let grid = grid(&["ab", "cd", "ef"]);
    assert_eq!((grid.height(), grid.width()), (3, 2));
    assert_eq!(grid.at(2, 1), Some('f'));
    assert_eq!(grid.at(0, 2), None);
    assert_eq!(grid.at(3, 0), None);
}

#[test]
fn refuses_uneven_lines() {
    assert_eq!(Grid::parse("ab\nc"), None);
    assert_eq!(Grid::parse("").unwrap().height(), 0);
}

#[test]
fn finds_the_first() {
    assert_eq!(grid(&["..x", "x.."]).find('x'), Some((0, 2)));
    assert_eq!(grid(&[".."]).find('x'), None);
}

#[test]
fn a_straight_way() {
    assert_eq!(grid(&["S..E"]).steps(), Some(3));
}

#[test]
fn a_way_around() {
    assert_eq!(grid(&["S#E", ".#.", "..."]).steps(), Some(6));
}

#[test]
fn no_way() {
    assert_eq!(grid(&["S#E", "##."]).steps(), None);
    assert_eq!(grid(&["S#", "#E"]).steps(), None);
    assert_eq!(grid(&["S.."]).steps(), None);
}

#[test]
fn areas() {
    assert_eq!(grid(&["xx.x", "x..x", "..x."]).areas('x'), (3, 3));
    assert_eq!(grid(&["..."]).areas('x'), (0, 0));
    assert_eq!(grid(&["xxx", "x.x", "xxx"]).areas('x'), (1, 8));
}

#[test]
fn a_blinker_turns() {
    let blinker = grid(&[".....", "..*..", "..*..", "..*..", "....."]);
    let turned = grid(&[".....", ".....", ".***.", ".....", "....."]);
    assert_eq!(blinker.live(), turned);
    assert_eq!(turned.live(), blinker);
}

#[test]
fn a_block_stays() {
    let block = grid(&["....", ".**.", ".**.", "...."]);
    assert_eq!(block.live(), block);
}

#[test]
fn too_many_and_too_few_die() {
    assert_eq!(grid(&["***", "***", "***"]).live().text(), "*.*\n...\n*.*");
    assert_eq!(grid(&["*.", ".."]).live().text(), "..\n..");
}
