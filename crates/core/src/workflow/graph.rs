//! The machine as a drawing: Mermaid, DOT, or an SVG that needs nothing else.

use super::{On, Owner, Rule, Workflow};

mod layout;
mod notation;
mod svg;

/// Longest line of a label, in letters, and most lines of a condition; longer ones are cut.
const MAX_LINE: usize = 40;
const MAX_LINES: usize = 3;

/// The machine as nodes and arrows.
struct Graph {
    nodes: Vec<Node>,
    /// At most one for each pair of different states.
    edges: Vec<Edge>,
}

/// A state.
struct Node {
    name: String,
    owner: Owner,
    /// What is answered without leaving the state, as lines of text.
    loops: Vec<String>,
}

/// All rules from one state to another.
struct Edge {
    from: usize,
    to: usize,
    /// What each of them answers to, as lines of text.
    lines: Vec<String>,
}

impl Workflow {
    /// The machine as a Mermaid state diagram.
    pub fn to_mermaid(&self) -> String {
        notation::mermaid(&self.graph())
    }

    /// The machine in Graphviz' DOT.
    pub fn to_dot(&self) -> String {
        notation::dot(&self.graph(), &self.name)
    }

    /// The machine as a self-contained SVG, legible on light and on dark ground.
    pub fn to_svg(&self) -> String {
        svg::draw(&self.graph(), &self.name)
    }

    /// The initial state is the first node; the others follow in the order in which the rules of
    /// the file lead to them.
    fn graph(&self) -> Graph {
        let mut names = vec![&self.initial];
        let mut next = 0;
        while let Some(&name) = names.get(next) {
            for rule in self.rules.iter().filter(|rule| rule.from == *name) {
                if !names.contains(&&rule.to) {
                    names.push(&rule.to);
                }
            }
            next += 1;
        }
        let mut graph = Graph {
            nodes: Vec::new(),
            edges: Vec::new(),
        };
        for name in &names {
            graph.nodes.push(Node {
                name: name.to_string(),
                owner: self.state(name).map_or(Owner::Nobody, |state| state.owner),
                loops: Vec::new(),
            });
        }
        for rule in &self.rules {
            let place = |name| names.iter().position(|known| *known == name);
            let (Some(from), Some(to)) = (place(&rule.from), place(&rule.to)) else {
                continue;
            };
            let lines = self.label(rule);
            if from == to {
                graph.nodes[from].loops.extend(lines);
                continue;
            }
            match graph
                .edges
                .iter_mut()
                .find(|edge| (edge.from, edge.to) == (from, to))
            {
                Some(edge) => edge.lines.extend(lines),
                None => graph.edges.push(Edge { from, to, lines }),
            }
        }
        graph
    }

    /// What `rule` answers to, and under which condition.
    fn label(&self, rule: &Rule) -> Vec<String> {
        let mut event = rule.on.as_str().to_owned();
        if let On::TimerFired(timer) = &rule.on {
            let timers = self
                .state(&rule.from)
                .map_or(&[][..], |state| &state.timers);
            let after = timers
                .iter()
                .find(|spec| spec.name == *timer)
                .map(|spec| spec.after);
            let after = humantime::format_duration(after.unwrap_or_default());
            event = format!("{timer} after {after}");
        }
        if let Some(outcome) = rule.outcome {
            event = format!("{event}: {outcome}");
        }
        let mut lines = wrapped(&event);
        if let Some(guard) = &rule.when {
            lines.extend(wrapped(&format!("when {}", guard.source())));
        }
        lines
    }
}

/// `text` in lines of at most [`MAX_LINE`] letters, at most [`MAX_LINES`] of them.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let word: String = word.chars().filter(|c| !c.is_control()).collect();
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > MAX_LINE {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    let cut = lines.len() > MAX_LINES;
    lines.truncate(MAX_LINES);
    for line in &mut lines {
        if line.chars().count() > MAX_LINE {
            *line = line.chars().take(MAX_LINE - 1).chain(['…']).collect();
        }
    }
    if let (true, Some(line)) = (cut, lines.last_mut()) {
        line.push_str(" …");
    }
    lines
}

fn owner_name(owner: Owner) -> &'static str {
    match owner {
        Owner::Assistant => "assistant",
        Owner::Queue => "queue",
        Owner::Operator => "operator",
        Owner::Nobody => "nobody",
    }
}

#[cfg(test)]
mod tests;
