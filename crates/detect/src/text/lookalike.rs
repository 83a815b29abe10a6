//! Characters that look like a Latin letter and are none.

/// The Latin letter that `c` of another alphabet is taken for, where readers would take it so.
///
/// A hand-made selection of what is used to write English past a filter: Cyrillic and Greek
/// letters of the same shape. Callers fold it only where the surrounding text is Latin.
pub(super) fn foreign(c: char) -> Option<char> {
    Some(match c {
        'а' | 'А' | 'α' | 'Α' => 'a',
        'в' | 'В' | 'ь' | 'Ь' | 'β' | 'Β' => 'b',
        'с' | 'С' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'Е' | 'ё' | 'Ё' | 'є' | 'ε' | 'Ε' => 'e',
        'н' | 'Н' | 'һ' | 'Һ' | 'Η' | 'հ' => 'h',
        'і' | 'І' | 'ї' | 'Ї' | 'ι' | 'Ι' => 'i',
        'ӏ' | 'Ӏ' => 'l',
        'ј' | 'Ј' | 'ϳ' => 'j',
        'к' | 'К' | 'κ' | 'Κ' => 'k',
        'м' | 'М' | 'Μ' => 'm',
        'п' | 'П' | 'η' | 'Ν' | 'ո' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'σ' | 'օ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'ԛ' => 'q',
        'г' | 'Г' => 'r',
        'ѕ' | 'Ѕ' => 's',
        'т' | 'Т' | 'τ' | 'Τ' => 't',
        'υ' | 'μ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ԝ' | 'ω' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'у' | 'У' | 'ү' | 'Ү' | 'γ' | 'Υ' => 'y',
        'Ζ' | 'ζ' => 'z',
        _ => return None,
    })
}

/// The letter that a decorated form of it shows, where compatibility normalisation keeps the form:
/// small capitals, letters in black circles and squares, regional indicators.
pub(super) fn decorated(c: char) -> Option<char> {
    const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ";
    let nth = |n: u32| char::from_u32(u32::from('a') + n);
    match c {
        'ı' => Some('i'),
        'ɑ' => Some('a'),
        'ɡ' => Some('g'),
        '\u{1F150}'..='\u{1F169}' => nth(u32::from(c) - 0x1F150),
        '\u{1F170}'..='\u{1F189}' => nth(u32::from(c) - 0x1F170),
        '\u{1F1E6}'..='\u{1F1FF}' => nth(u32::from(c) - 0x1F1E6),
        'x' => None,
        c => SMALL_CAPITALS
            .chars()
            .position(|small| small == c)
            .and_then(|n| nth(u32::try_from(n).ok()?)),
    }
}

/// Whether `c` has no width, so that it splits a word for a program and not for a reader.
pub(super) fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The letter that a digit or sign stands for inside a word ("r3fund").
pub(super) fn leet(c: char) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        '|' => 'l',
        _ => return None,
    })
}
