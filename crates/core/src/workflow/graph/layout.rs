//! Where states, labels and arrows stand: a small layered layout.
//!
//! States stand in layers from the initial one down; the labels of arrows stand in layers of their
//! own between them, so that no label lies on another or on a state. The steps are those of
//! Sugiyama, Tagawa and Toda (1981): turn arrows that close a cycle, put every state below all
//! that lead to it, order each layer by the mean place of its neighbours, and move every item as
//! close to its neighbours as its layer allows.

use super::Graph;

mod layers;

use layers::{Draft, GAP};

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
