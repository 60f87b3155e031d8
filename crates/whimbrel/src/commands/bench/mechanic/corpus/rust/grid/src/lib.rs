//! A map of characters: ways through it, areas, the game of life.

use std::collections::VecDeque;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    cells: Vec<Vec<char>>,
}

pub type Place = (usize, usize);

impl Grid {
    /// None where lines differ in length.
    pub fn parse(text: &str) -> Option<Self> {
        let cells: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let width = cells.first().map_or(0, Vec::len);
        cells.iter().all(|line| line.len() == width).then_some(Self { cells })
    }

    pub fn height(&self) -> usize {
        self.cells.len()
    }

    pub fn width(&self) -> usize {
        self.cells.first().map_or(0, Vec::len)
    }

    pub fn at(&self, row: usize, column: usize) -> Option<char> {
        self.cells.get(row)?.get(column).copied()
    }

    pub fn find(&self, wanted: char) -> Option<Place> {
        for (row, line) in self.cells.iter().enumerate() {
            for (column, char) in line.iter().enumerate() {
                if *char == wanted {
                    return Some((row, column));
                }
            }
        }
        None
    }

    fn around(&self, (row, column): Place, corners: bool) -> Vec<Place> {
        let mut places = Vec::new();
        for down in -1i64..=1 {
            for right in -1i64..=1 {
                let is_corner = down != 0 && right != 0;
                if (down == 0 && right == 0) || (is_corner && !corners) {
                    continue;
                }
                let place = (row as i64 + down, column as i64 + right);
                if place.0 < 0 || place.1 < 0 {
                    continue;
                }
                let place = (place.0 as usize, place.1 as usize);
                if place.0 < self.height() && place.1 < self.width() {
                    places.push(place);
                }
            }
        }
        places
    }

    /// Steps from `S` to `E` around walls (`#`); none where there is no way.
    pub fn steps(&self) -> Option<usize> {
        let (start, end) = (self.find('S')?, self.find('E')?);
        let mut known = vec![vec![None; self.width()]; self.height()];
        known[start.0][start.1] = Some(0);
        let mut waiting = VecDeque::from([start]);
        while let Some(place) = waiting.pop_front() {
            let steps = known[place.0][place.1]?;
            if place == end {
                return Some(steps);
            }
            for next in self.around(place, false) {
                if self.cells[next.0][next.1] != '#' && known[next.0][next.1].is_none() {
                    known[next.0][next.1] = Some(steps + 1);
                    waiting.push_back(next);
                }
            }
        }
        None
    }

    /// How many connected areas of that character there are, and how large the largest is.
    pub fn areas(&self, of: char) -> (usize, usize) {
        let mut seen = vec![vec![false; self.width()]; self.height()];
        let (mut count, mut largest) = (0, 0);
        for row in 0..self.height() {
            for column in 0..self.width() {
                if self.cells[row][column] != of || seen[row][column] {
                    continue;
                }
                count += 1;
                seen[row][column] = true;
                let mut stack = vec![(row, column)];
                let mut size = 0;
                while let Some(place) = stack.pop() {
                    size += 1;
                    for next in self.around(place, false) {
                        if self.cells[next.0][next.1] == of && !seen[next.0][next.1] {
                            seen[next.0][next.1] = true;
                            stack.push(next);
                        }
                    }
                }
                largest = largest.max(size);
            }
        }
        (count, largest)
    }

    /// One generation of the game of life, in which `*` lives.
    pub fn live(&self) -> Self {
        let mut next = self.clone();
        for row in 0..self.height() {
            for column in 0..self.width() {
                let around = self.around((row, column), true);
                let alive = around.iter().filter(|(r, c)| self.cells[*r][*c] == '*').count();
                let lives = match (self.cells[row][column], alive) {
                    ('*', 2 | 3) => true,
                    ('*', _) => false,
                    (_, 3) => true,
                    _ => false,
                };
                next.cells[row][column] = if lives { '*' } else { '.' };
            }
        }
        next
    }

    pub fn text(&self) -> String {
        let lines: Vec<String> = self.cells.iter().map(|line| line.iter().collect()).collect();
        lines.join("\n")
    }
}
