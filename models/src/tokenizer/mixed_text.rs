//! Text of everything that tokenizers stumble over, from a seed.
//!
//! For tests that compare this tokenizer with another on a megabyte of it.

/// Taken whole; between them stand spaces, newlines or nothing.
#[rustfmt::skip]
const SNIPPETS: [&str; 48] = [
    "The quick brown fox jumps over the lazy dog.", "I'm sure they're right; we've seen it, he'd say.",
    "DON'T SHOUT, I'LL HEAR YOU'RE HERE", "It's 's 't 're 've 'm 'll 'd", "unbelievably antidisestablishmentarianism",
    "fn main() {\n    let x: Vec<u8> = vec![0; 42];\n    println!(\"{x:?}\");\n}\n",
    "if (a != b && c <= d) { return a ^ b | ~c; } // ok\r\n", "def f(x):\n\treturn x**2 % 7\n\n\n",
    "<div class=\"a b\">&nbsp;</div>", "https://example.org/a/b?c=d&e=%20#f", "SELECT * FROM t WHERE a='it''s';",
    "你好，世界。今天天气很好！", "日本語のテキストとカタカナ、ひらがな", "한국어 문장입니다. 안녕하세요", "繁體中文測試",
    "Привет, мир! Как дела?", "Γειά σου Κόσμε", "مرحبا بالعالم", "שלום עולם", "नमस्ते दुनिया", "สวัสดีชาวโลก",
    "வணக்கம் உலகம்", "გამარჯობა", "Xin chào thế giới", "čšžćđ ŁÓDŹ Ñandú", "ﬁ ﬂ Ǆ ß ẞ İ ı",
    "😀😃 🤖", "👩‍👩‍👧‍👦 family", "🇩🇪🇫🇷", "👍🏽", "❤️‍🔥", "1234567890", "3.14159e-10", "1,000,000.00", "٣٤٥ १२३ Ⅷ ½ ²",
    "0x1F4A9 0b1010", "\u{301}\u{308}x\u{301}", "e\u{301} n\u{303}", "\u{200b}\u{200d}\u{feff}", "\u{a0}\u{2003}\u{3000}\u{85}",
    "<|im_start|>user\nhi<|im_end|>", "<|endoftext|>", "<|im_end", "<start_of_turn>model\n<end_of_turn>", "<bos><eos></s><s><unk>",
    "<0x0A><0xFF>", "▁▁lower▁block", "[INST] <<SYS>> <unused7> <|eot_id|> <table> <h1>",
];

const GAPS: [&str; 14] = [
    " ",
    " ",
    " ",
    "",
    "\n",
    "\n\n",
    "  ",
    "    ",
    "\t",
    "\r\n",
    "\n \n",
    " \t ",
    "          ",
    "\u{3000}",
];

/// At least `bytes_min` bytes of mixed text; the same seed gives the same text.
///
/// One piece in eight is a random character from anywhere in Unicode.
pub fn mixed_text(seed: u64, bytes_min: usize) -> String {
    let mut text = String::new();
    let mut state = seed;
    let mut draw = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or_default() % below
    };
    while text.len() < bytes_min {
        if draw(8) == 0 {
            let plane_end = [0x80, 0x800, 0x3000, 0x1_0000, 0x11_0000][draw(5)];
            let letter = u32::try_from(draw(plane_end)).ok().and_then(char::from_u32);
            text.extend(letter);
        } else {
            text.push_str(SNIPPETS[draw(SNIPPETS.len())]);
        }
        text.push_str(GAPS[draw(GAPS.len())]);
        if draw(200) == 0 {
            text.extend(std::iter::repeat_n(' ', draw(300)));
        }
    }
    text
}
