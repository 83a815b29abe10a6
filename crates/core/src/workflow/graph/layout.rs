//! Where states, labels and arrows stand: a small layered layout.
//!
//! States stand in layers from the initial one down; the labels of arrows stand in layers of their
//! own between them, so that no label lies on another or on a state. The steps are those of
//! Sugiyama, Tagawa and Toda (1981): turn arrows that close a cycle, put every state below all
//! that lead to it, order each layer by the mean place of its neighbours, and move every item as
//! close to its neighbours as its layer allows.

use super::Graph;

/// Space between items of a layer, and between layers.
const GAP: f64 = 22.0;
const LAYER_GAP: f64 = 32.0;
/// Rounds of ordering and of placing; more change nothing visible.
const ROUNDS: usize = 80;
/// How much more an edge wants to go straight where it passes others than where it ends.
const STRAIGHT: f64 = 8.0;

/// A box in the drawing, by its centre.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A drawing without ink.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The places of the nodes.
    pub(super) nodes: Vec<Place>,
    /// The places of the edges' labels.
    pub(super) labels: Vec<Place>,
    /// The points that each edge passes, from its start to its arrowhead; between two of them it
    /// leaves and arrives vertically.
    pub(super) paths: Vec<Vec<(f64, f64)>>,
}

/// Something with a place in a layer: a node, a label, or a bend of an edge that passes.
struct Item {
    layer: usize,
    place: Place,
    above: Vec<usize>,
    below: Vec<usize>,
}

impl Item {
    /// Whether it is a label or a bend, with one neighbour on each side.
    fn is_on_an_edge(&self) -> bool {
        self.layer % 2 == 1 || self.place.width == 0.0
    }
}

struct Draft {
    items: Vec<Item>,
    /// The items of each layer from left to right.
    layers: Vec<Vec<usize>>,
}

/// Lays out `graph`, whose nodes and labels take `nodes` and `labels` (width, height).
pub(super) fn layout(graph: &Graph, nodes: &[(f64, f64)], labels: &[(f64, f64)]) -> Layout {
    let depths = depths(graph);
    let deepest = depths.iter().copied().max().unwrap_or(0);
    let mut draft = Draft {
        items: Vec::new(),
        layers: vec![Vec::new(); 2 * deepest + 1],
    };
    for (depth, size) in depths.iter().zip(nodes) {
        draft.add(2 * depth, *size);
    }
    let mut label_widths = vec![0.0; draft.layers.len()];
    let mut chains = Vec::new();
    for (edge, size) in graph.edges.iter().zip(labels) {
        let (upper, lower) = match depths[edge.from] < depths[edge.to] {
            true => (edge.from, edge.to),
            false => (edge.to, edge.from),
        };
        let between = 2 * depths[upper] + 1..2 * depths[lower];
        let roomiest = between
            .clone()
            .step_by(2)
            .min_by(|a, b| f64::total_cmp(&label_widths[*a], &label_widths[*b]));
        let roomiest = roomiest.unwrap_or(between.start);
        label_widths[roomiest] += size.0 + GAP;
        let mut chain = vec![upper];
        for layer in between {
            let size = if layer == roomiest { *size } else { (0.0, 0.0) };
            let item = draft.add(layer, size);
            draft.join(chain[chain.len() - 1], item);
            chain.push(item);
        }
        draft.join(chain[chain.len() - 1], lower);
        chain.push(lower);
        chains.push((chain, roomiest));
    }
    draft.order();
    draft.set_columns();
    let height = draft.set_rows();
    let width = draft.move_to_the_edge();

    let place = |item: &usize| draft.items[*item].place;
    let label = |(chain, layer): &(Vec<usize>, usize)| {
        chain
            .iter()
            .find(|item| draft.items[**item].layer == *layer)
            .map(place)
            .unwrap_or_default()
    };
    let paths = graph.edges.iter().zip(&chains).map(|(edge, (chain, _))| {
        let mut path = draft.path(chain);
        if chain[0] != edge.from {
            path.reverse();
        }
        path
    });
    Layout {
        width,
        height,
        paths: paths.collect(),
        labels: chains.iter().map(label).collect(),
        nodes: (0..nodes.len()).map(|node| place(&node)).collect(),
    }
}

/// How far below the first node each one stands: one more than the deepest that leads to it by an
/// arrow that closes no cycle. No two nodes with an arrow between them stand equally deep.
fn depths(graph: &Graph) -> Vec<usize> {
    let mut closing = vec![false; graph.edges.len()];
    let mut done = vec![false; graph.nodes.len()];
    let mut finished = Vec::new();
    for root in 0..graph.nodes.len() {
        // Nodes under way, each with the number of its next edge.
        let mut stack = vec![(root, 0)];
        while let Some((node, next)) = stack.pop() {
            let edge = (next..graph.edges.len()).find(|edge| graph.edges[*edge].from == node);
            if done[node] {
                continue;
            }
            let Some(edge) = edge else {
                done[node] = true;
                finished.push(node);
                continue;
            };
            stack.push((node, edge + 1));
            let to = graph.edges[edge].to;
            if stack.iter().any(|(under_way, _)| *under_way == to) {
                closing[edge] = true;
            } else if !done[to] {
                stack.push((to, 0));
            }
        }
    }
    let mut depths = vec![0; graph.nodes.len()];
    for node in finished.into_iter().rev() {
        for (edge, closing) in graph.edges.iter().zip(&closing) {
            if edge.from == node && !closing {
                depths[edge.to] = depths[edge.to].max(depths[node] + 1);
            }
        }
    }
    depths
}

impl Draft {
    fn add(&mut self, layer: usize, (width, height): (f64, f64)) -> usize {
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

    fn join(&mut self, upper: usize, lower: usize) {
        self.items[upper].below.push(lower);
        self.items[lower].above.push(upper);
    }

    /// Orders each layer by the mean place of the neighbours, and keeps the best order met.
    fn order(&mut self) {
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
    fn set_columns(&mut self) {
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
    fn set_rows(&mut self) -> f64 {
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
    fn move_to_the_edge(&mut self) -> f64 {
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

    /// The points of the edge along `chain`, from its upper to its lower node.
    fn path(&self, chain: &[usize]) -> Vec<(f64, f64)> {
        let (Some(&upper), Some(&lower)) = (chain.first(), chain.last()) else {
            return Vec::new();
        };
        let (start, end) = (self.items[upper].place, self.items[lower].place);
        let mut path = vec![(
            self.port(upper, chain[1], &self.items[upper].below),
            start.y + start.height / 2.0,
        )];
        for item in &chain[1..chain.len() - 1] {
            let place = self.items[*item].place;
            path.push((place.x, place.y - place.height / 2.0));
            path.push((place.x, place.y + place.height / 2.0));
        }
        let last = chain[chain.len() - 2];
        path.push((
            self.port(lower, last, &self.items[lower].above),
            end.y - end.height / 2.0,
        ));
        path
    }

    /// Where on the side of `node` the edge to its neighbour `near` begins: the neighbours are
    /// served from left to right.
    fn port(&self, node: usize, near: usize, neighbours: &[usize]) -> f64 {
        let place = self.items[node].place;
        let x = |item: usize| self.items[item].place.x;
        let before = neighbours
            .iter()
            .filter(|other| x(**other) < x(near))
            .count();
        let share = (before as f64 + 0.5) / neighbours.len() as f64;
        place.x + place.width * 0.8 * (share - 0.5)
    }
}
