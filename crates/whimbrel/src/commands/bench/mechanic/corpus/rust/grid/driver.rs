//! Random inputs for `grid`.

mod prelude;

use prelude::{show, Random, ROUNDS};
use program::Grid;

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut random = Random::new();
    for _ in 0..ROUNDS {
        let (height, width) = (1 + random.below(6), 1 + random.below(6));
        let chars = ['.', '.', '.', '#', '*', '*'];
        let mut cells: Vec<Vec<char>> =
            (0..height).map(|_| (0..width).map(|_| random.choice(&chars)).collect()).collect();
        cells[random.below(height)][random.below(width)] = 'S';
        cells[random.below(height)][random.below(width)] = 'E';
        let lines: Vec<String> = cells.into_iter().map(|line| line.into_iter().collect()).collect();
        let text = lines.join("\n");
        let Some(grid) = Grid::parse(&text) else { continue };
        show(|| grid.steps());
        show(|| grid.areas('*'));
        show(|| grid.areas('.'));
        show(|| grid.live().live().text());
        show(|| grid.find('E'));
        let (row, column) = (random.below(7), random.below(7));
        show(|| grid.at(row, column));
        show(|| Grid::parse(&format!("{text}\nxx")));
    }
}
