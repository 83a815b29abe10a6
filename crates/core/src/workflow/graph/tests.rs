use crate::source::Source;
use crate::workflow::Workflow;

fn workflow(text: &str) -> Workflow {
    Workflow::parse(&Source::new("w.toml", text)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Names and conditions that are markup in every notation.
const HOSTILE: &str = r#"
[workflow]
name = '<script>"\'
initial = "a<b>&\"--x"
[states.'a<b>&"--x']
owner = "assistant"
tell.en = "back"
[states.'q;}']
owner = "queue"
tell.en = "wait"
timers.claim.after = "5m"
timers.nag.after = "2m"
[states.op]
owner = "operator"
tell.en = "hello"
timers.silence = { after = "1h", restarts_on = "operator" }
[[rules]]
from = 'a<b>&"--x'
on = "handoff_triggered"
when = "intent == \"</text><script>\\\" : ;\" && amount > 1000.0 && channel != 'web'"
to = 'q;}'
[[rules]]
from = 'a<b>&"--x'
on = "handoff_triggered"
to = 'q;}'
[[rules]]
from = 'q;}'
on = "timer_fired"
timer = "nag"
to = 'q;}'
tell.en = "still here"
[[rules]]
from = 'q;}'
on = "timer_fired"
timer = "claim"
to = 'a<b>&"--x'
[[rules]]
from = 'q;}'
on = "operator_claimed"
to = "op"
[[rules]]
from = "op"
on = "handed_back"
to = 'a<b>&"--x'
[[rules]]
from = "op"
on = "timer_fired"
timer = "silence"
to = 'q;}'
"#;

#[test]
fn the_default_machine_in_mermaid() {
    insta::assert_snapshot!(workflow("").to_mermaid(), @r#"
    stateDiagram-v2
        state "ai_owned<br/>assistant" as s0
        state "pending_handoff<br/>queue" as s1
        state "human_owned<br/>operator" as s2
        state "closed<br/>nobody" as s3
        state "reverse_handed<br/>assistant" as s4
        [*] --> s0
        s0 --> s1 : handoff_triggered
        s4 --> s1 : handoff_triggered
        s1 --> s2 : operator_claimed
        s0 --> s2 : operator_claimed
        s4 --> s2 : operator_claimed
        s2 --> s4 : handed_back
        s2 --> s1 : operator_released<br/>silence after 30m<br/>operator_lost
        s1 --> s0 : claim after 10m
        s0 --> s3 : idle after 1day<br/>closed
        s4 --> s3 : idle after 1day<br/>closed
        s1 --> s3 : closed
        s2 --> s3 : closed
        s3 --> s0 : customer_spoke
        classDef assistant fill:#dbe9ff,color:#1b1f24
        class s0,s4 assistant
        classDef queue fill:#ffe9c2,color:#1b1f24
        class s1 queue
        classDef operator fill:#d5f2dc,color:#1b1f24
        class s2 operator
        classDef nobody fill:#e8e8ea,color:#1b1f24
        class s3 nobody
    "#);
}

#[test]
fn names_and_conditions_are_no_markup() {
    let workflow = workflow(HOSTILE);
    insta::assert_snapshot!(workflow.to_mermaid(), @r#"
    stateDiagram-v2
        state "a#60;b#62;#38;#34;--x<br/>assistant" as s0
        state "q#59;#125;<br/>queue<br/>nag after 2m" as s1
        state "op<br/>operator" as s2
        [*] --> s0
        s0 --> s1 : handoff_triggered<br/>when intent #61;#61; #34;#60;#47;text#62;#60;script#62;#92;#34; #58; #59;#34;<br/>#38;#38; amount #62; 1000.0 #38;#38; channel #33;#61; #39;web#39;<br/>handoff_triggered
        s1 --> s0 : claim after 5m
        s1 --> s2 : operator_claimed
        s2 --> s0 : handed_back
        s2 --> s1 : silence after 1h
        classDef assistant fill:#dbe9ff,color:#1b1f24
        class s0 assistant
        classDef queue fill:#ffe9c2,color:#1b1f24
        class s1 queue
        classDef operator fill:#d5f2dc,color:#1b1f24
        class s2 operator
    "#);
    insta::assert_snapshot!(workflow.to_dot(), @r##"
    digraph "<script>\"\\" {
        node [shape=box, style="rounded,filled", fontname="sans-serif"]
        edge [fontname="monospace", fontsize=10]
        start [shape=point, label=""]
        s0 [label="a<b>&\"--x\nassistant", fillcolor="#dbe9ff"]
        s1 [label="q;}\nqueue\nnag after 2m", fillcolor="#ffe9c2"]
        s2 [label="op\noperator", fillcolor="#d5f2dc"]
        start -> s0
        s0 -> s1 [label="handoff_triggered\nwhen intent == \"</text><script>\\\" : ;\"\n&& amount > 1000.0 && channel != 'web'\nhandoff_triggered"]
        s1 -> s0 [label="claim after 5m"]
        s1 -> s2 [label="operator_claimed"]
        s2 -> s0 [label="handed_back"]
        s2 -> s1 [label="silence after 1h"]
    }
    "##);
    let svg = workflow.to_svg();
    let texts: Vec<&str> = svg.lines().filter(|line| line.contains("text ")).collect();
    insta::assert_snapshot!(texts.join("\n"), @r#"
      text { font: 11px ui-monospace, 'DejaVu Sans Mono', monospace; fill: #1b1f24; text-anchor: middle }
        text { fill: #e6e8eb }
    <text class="label" x="154.3" y="121.0">handoff_triggered</text>
    <text class="label" x="154.3" y="136.0">when intent == &quot;&lt;/text&gt;&lt;script&gt;\&quot; : ;&quot;</text>
    <text class="label" x="154.3" y="151.0">&amp;&amp; amount &gt; 1000.0 &amp;&amp; channel != &#39;web&#39;</text>
    <text class="label" x="154.3" y="166.0">handoff_triggered</text>
    <text class="label" x="360.5" y="143.5">claim after 5m</text>
    <text class="label" x="177.5" y="308.0">operator_claimed</text>
    <text class="label" x="439.2" y="308.0">handed_back</text>
    <text class="label" x="316.7" y="308.0">silence after 1h</text>
    <text class="name" x="316.4" y="52.0">a&lt;b&gt;&amp;&quot;--x</text>
    <text class="owner" x="316.4" y="67.0">assistant</text>
    <text class="name" x="252.7" y="224.0">q;}</text>
    <text class="owner" x="252.7" y="239.0">queue</text>
    <text class="label" x="252.7" y="254.0">↻ nag after 2m</text>
    <text class="name" x="311.3" y="366.0">op</text>
    <text class="owner" x="311.3" y="381.0">operator</text>
    "#);
}

#[test]
fn every_state_and_every_arrow_is_drawn() {
    let svg = workflow("").to_svg();
    let count = |part: &str| svg.matches(part).count();
    assert_eq!(count("class=\"name\""), 5);
    // One for each pair of states that rules connect, and one into the initial state.
    assert_eq!(count("class=\"edge\""), 13 + 1);
    assert!(svg.contains("prefers-color-scheme: dark"));
}

#[test]
fn no_label_lies_on_another_or_on_a_state() {
    for text in ["", HOSTILE] {
        let svg = workflow(text).to_svg();
        let boxes: Vec<[f64; 4]> = svg
            .lines()
            .filter(|line| line.trim_start().starts_with("<rect") && line.contains(" x="))
            .map(|line| ["x", "y", "width", "height"].map(|name| attribute(line, name)))
            .collect();
        assert!(boxes.len() > 6);
        for (i, a) in boxes.iter().enumerate() {
            for b in &boxes[i + 1..] {
                let apart = a[0] + a[2] <= b[0]
                    || b[0] + b[2] <= a[0]
                    || a[1] + a[3] <= b[1]
                    || b[1] + b[3] <= a[1];
                assert!(apart, "{a:?} lies on {b:?}");
            }
        }
    }
}

fn attribute(element: &str, name: &str) -> f64 {
    let start = element.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    let end = start + element[start..].find('"').unwrap();
    element[start..end].parse().unwrap()
}
