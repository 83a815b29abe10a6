//! Items in layers: their order from left to right, their columns and their rows.

use super::Place;

/// Space between items of a layer, and between layers.
pub(super) const GAP: f64 = 22.0;
const LAYER_GAP: f64 = 32.0;
/// Rounds of ordering and of placing; more change nothing visible.
const ROUNDS: usize = 80;
/// How much more an edge wants to go straight where it passes others than where it ends.
const STRAIGHT: f64 = 8.0;

/// Something with a place in a layer: a node, a label, or a bend of an edge that passes.
pub(super) struct Item {
    pub(super) layer: usize,
    pub(super) place: Place,
    pub(super) above: Vec<usize>,
    pub(super) below: Vec<usize>,
}

impl Item {
    /// Whether it is a label or a bend, with one neighbour on each side.
    fn is_on_an_edge(&self) -> bool {
        self.layer % 2 == 1 || self.place.width == 0.0
    }
}

pub(super) struct Draft {
    pub(super) items: Vec<Item>,
    /// The items of each layer from left to right.
    pub(super) layers: Vec<Vec<usize>>,
}

impl Draft {
    pub(super) fn add(&mut self, layer: usize, (width, height): (f64, f64)) -> usize {
        let place = Place {
            width,
            height,
            ..Place::default()
        };
        self.items.push(Item {
            layer,
            place,
            above: Vec::new(),
            below: Vec::new(),
        });
        self.layers[layer].push(self.items.len() - 1);
        self.items.len() - 1
    }

    pub(super) fn join(&mut self, upper: usize, lower: usize) {
        self.items[upper].below.push(lower);
        self.items[lower].above.push(upper);
    }

    /// Orders each layer by the mean place of the neighbours, and keeps the best order met.
    pub(super) fn order(&mut self) {
        let mut best = (self.crossings(), self.layers.clone());
        for round in 0..ROUNDS {
            let down = round % 2 == 0;
            let count = self.layers.len();
            for step in 1..count {
                let layer = if down { step } else { count - 1 - step };
                let ranks = self.ranks();
                let items = &self.items;
                let mean = |item: &usize| {
                    let neighbours = if down {
                        &items[*item].above
                    } else {
                        &items[*item].below
                    };
                    match neighbours.len() {
                        0 => ranks[*item],
                        n => neighbours.iter().map(|near| ranks[*near]).sum::<f64>() / n as f64,
                    }
                };
                self.layers[layer].sort_by(|a, b| mean(a).total_cmp(&mean(b)));
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
    }

    /// The place of each item in its layer, 0 to 1.
    fn ranks(&self) -> Vec<f64> {
        let mut ranks = vec![0.0; self.items.len()];
        for layer in &self.layers {
            for (place, item) in layer.iter().enumerate() {
                ranks[*item] = (place as f64 + 0.5) / layer.len() as f64;
            }
        }
        ranks
    }

    fn crossings(&self) -> usize {
        let ranks = self.ranks();
        let mut crossings = 0;
        for layer in &self.layers {
            let pairs: Vec<(f64, f64)> = layer
                .iter()
                .flat_map(|upper| {
                    self.items[*upper]
                        .below
                        .iter()
                        .map(|lower| (*upper, *lower))
                })
                .map(|(upper, lower)| (ranks[upper], ranks[lower]))
                .collect();
            for (i, a) in pairs.iter().enumerate() {
                crossings += pairs[i + 1..]
                    .iter()
                    .filter(|b| (a.0 - b.0) * (a.1 - b.1) < 0.0)
                    .count();
            }
        }
        crossings
    }

    /// Moves every item sideways towards its neighbours.
    pub(super) fn set_columns(&mut self) {
        for layer in self.layers.clone() {
            self.settle(&layer, |draft, item| (draft.items[item].place.x, 1.0));
        }
        for round in 0..ROUNDS {
            let down = round % 2 == 0;
            let last = round + 2 >= ROUNDS;
            let mut layers = self.layers.clone();
            if !down {
                layers.reverse();
            }
            for layer in layers {
                self.settle(&layer, |draft, item| {
                    draft.wish(item, last || down, last || !down)
                });
            }
        }
    }

    /// Where `item` wants to stand for the sake of its neighbours `above` and `below`, and how
    /// much.
    fn wish(&self, item: usize, above: bool, below: bool) -> (f64, f64) {
        let own = &self.items[item];
        let above = if above { own.above.as_slice() } else { &[] };
        let below = if below { own.below.as_slice() } else { &[] };
        let (mut sum, mut weight) = (0.0, 0.0);
        for near in above.iter().chain(below) {
            let passes = own.is_on_an_edge() && self.items[*near].is_on_an_edge();
            let pull = if passes { STRAIGHT } else { 1.0 };
            sum += pull * self.items[*near].place.x;
            weight += pull;
        }
        if weight == 0.0 {
            (own.place.x, 1.0)
        } else {
            (sum / weight, weight)
        }
    }

    /// Puts the items of `layer` as near to their `wishes` (column, weight) as their order and
    /// widths allow: least squares, by pooling neighbours that want to pass each other.
    fn settle(&mut self, layer: &[usize], wishes: impl Fn(&Self, usize) -> (f64, f64)) {
        // (mean wish, weight, items). A wish is measured from where the item would stand if all
        // before it stood flush.
        let mut pools: Vec<(f64, f64, usize)> = Vec::new();
        let (mut offsets, mut flush) = (Vec::new(), 0.0);
        for (number, item) in layer.iter().enumerate() {
            let width = self.items[*item].place.width;
            if number > 0 {
                flush += self.items[layer[number - 1]].place.width / 2.0 + GAP + width / 2.0;
            }
            offsets.push(flush);
            let (column, weight) = wishes(self, *item);
            pools.push((column - flush, weight, 1));
            while let [.., (mean, weight, count), (next, next_weight, next_count)] = pools[..]
                && mean > next
            {
                let both = weight + next_weight;
                pools.truncate(pools.len() - 2);
                let mean = (mean * weight + next * next_weight) / both;
                pools.push((mean, both, count + next_count));
            }
        }
        let columns = pools
            .iter()
            .flat_map(|(mean, _, count)| std::iter::repeat_n(*mean, *count));
        let columns: Vec<f64> = columns.collect();
        for ((item, offset), column) in layer.iter().zip(offsets).zip(columns) {
            self.items[*item].place.x = offset + column;
        }
    }

    /// Stacks the layers and returns the height of them all.
    pub(super) fn set_rows(&mut self) -> f64 {
        let mut top = LAYER_GAP;
        for layer in &self.layers {
            let heights = layer.iter().map(|item| self.items[*item].place.height);
            let height = heights.fold(0.0, f64::max);
            for item in layer {
                let place = &mut self.items[*item].place;
                place.y = top + height / 2.0;
                // An edge passes a layer straight, so that it does not cut through its neighbours.
                place.height = if place.width == 0.0 {
                    height
                } else {
                    place.height
                };
            }
            top += height + LAYER_GAP;
        }
        top
    }

    /// Shifts everything so that it begins at the left edge, and returns the width of it all.
    pub(super) fn move_to_the_edge(&mut self) -> f64 {
        let sides = |place: &Place| (place.x - place.width / 2.0, place.x + place.width / 2.0);
        let left = self
            .items
            .iter()
            .map(|item| sides(&item.place).0)
            .fold(f64::MAX, f64::min);
        for item in &mut self.items {
            item.place.x += GAP - left;
        }
        self.items
            .iter()
            .map(|item| sides(&item.place).1)
            .fold(0.0, f64::max)
            + GAP
    }
}
