//! A calculator: `12*3`, `(1+2)/4`, `20%*50`, and GSM8K's marks `<<12*3=36>>`.
//!
//! Values are exact fractions. What cannot be computed is `None`.

use super::ratio::Ratio;

/// Longest calculation, in bytes.
const TEXT_BYTES_MAX: usize = 300;
/// Deepest nesting of parentheses.
const DEPTH_MAX: u32 = 32;
/// Decimal places of a value that has no end.
const PLACES: usize = 6;

/// The value of a calculation with `+ - * / // ( )`, decimals, commas between thousands and percent.
pub fn value(calculation: &str) -> Option<Ratio> {
    if calculation.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text: Vec<char> = calculation
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '$'))
        .map(|c| if matches!(c, '×' | 'x') { '*' } else { c })
        .collect();
    let mut reader = Reader { text: &text, place: 0 };
    let value = reader.sum(0)?;
    (reader.place == text.len()).then_some(value)
}

/// A value as text: whole, a decimal, or one that is rounded where it has no end.
pub fn shown(value: Ratio) -> String {
    if let Some(whole) = value.as_whole() {
        return whole.to_string();
    }
    let text = format!("{:.PLACES$}", value.as_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What an action asks to be calculated: it ends in a line `Calculate[12*3]`, or in a mark without
/// a result, `<<12*3>>` or `<<12*3=`.
pub fn asked(action: &str) -> Option<&str> {
    let line = action.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    if let Some(inside) = line.strip_prefix("Calculate[") {
        return inside.strip_suffix(']');
    }
    let (_, mark) = line.rsplit_once("<<")?;
    let mark = mark.strip_suffix(">>").unwrap_or(mark);
    let asked = mark.strip_suffix('=').unwrap_or(mark);
    (!asked.contains(['=', '>'])).then_some(asked)
}

/// The marks of a solution: what is calculated, and the value that it claims.
pub fn marks(solution: &str) -> impl Iterator<Item = (&str, &str)> {
    solution.split("<<").skip(1).filter_map(|rest| rest.split_once(">>")?.0.rsplit_once('='))
}

struct Reader<'a> {
    text: &'a [char],
    place: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.place).copied()
    }

    fn sum(&mut self, depth: u32) -> Option<Ratio> {
        let mut total = self.product(depth)?;
        while let Some(sign @ ('+' | '-')) = self.peek() {
            self.place += 1;
            let next = self.product(depth)?;
            total = total.plus(if sign == '-' { next.negative() } else { next })?;
        }
        Some(total)
    }

    fn product(&mut self, depth: u32) -> Option<Ratio> {
        let mut total = self.factor(depth)?;
        loop {
            match self.peek() {
                Some('*') => {
                    self.place += 1;
                    total = total.times(self.factor(depth)?)?;
                }
                Some('/' | '÷') => {
                    self.place += 1;
                    // As in Python, whose whole division some of GSM8K's marks use.
                    let is_whole = self.peek() == Some('/');
                    self.place += usize::from(is_whole);
                    total = total.over(self.factor(depth)?)?;
                    let whole = || total.numerator().div_euclid(total.denominator());
                    total = if is_whole { Ratio::whole(whole()) } else { total };
                }
                Some('(') => total = total.times(self.factor(depth)?)?,
                _ => return Some(total),
            }
        }
    }

    fn factor(&mut self, depth: u32) -> Option<Ratio> {
        if depth > DEPTH_MAX {
            return None;
        }
        let value = match self.peek()? {
            '-' => {
                self.place += 1;
                self.factor(depth + 1)?.negative()
            }
            '+' => {
                self.place += 1;
                self.factor(depth + 1)?
            }
            '(' => {
                self.place += 1;
                let value = self.sum(depth + 1)?;
                if self.peek() != Some(')') {
                    return None;
                }
                self.place += 1;
                value
            }
            _ => self.number()?,
        };
        if self.peek() == Some('%') {
            self.place += 1;
            return value.over(Ratio::whole(100));
        }
        Some(value)
    }

    fn number(&mut self) -> Option<Ratio> {
        let from = self.place;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            self.place += 1;
        }
        Ratio::decimal(&self.text[from..self.place].iter().collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(calculation: &str, expected: Option<&str>) {
        assert_eq!(value(calculation).map(shown).as_deref(), expected, "{calculation}");
    }

    #[test]
    fn calculations_have_values() {
        check("12*3", Some("36"));
        check("(1+2)/4 - .25", Some("0.5"));
        check("20%*1,500", Some("300"));
        check("-2(3+4)", Some("-14"));
        check("2/3", Some("0.666667"));
        check("7//2", Some("3"));
        check("$80,000*1.5", Some("120000"));
    }

    #[test]
    fn what_is_no_calculation_has_none() {
        for text in ["", "1/0", "2+", "(1", "1)", "two", "1..2", "9=9", "=", &"(".repeat(299)] {
            check(text, None);
        }
    }

    #[test]
    fn an_action_asks_in_its_last_line() {
        assert_eq!(asked("Each costs 3.\nCalculate[12*3]\n"), Some("12*3"));
        assert_eq!(asked("They cost <<12*3>>"), Some("12*3"));
        assert_eq!(asked("They cost <<12*3="), Some("12*3"));
        assert_eq!(asked("They cost <<12*3=36>>36"), None);
        assert_eq!(asked("Calculate[1]\n#### 1"), None);
        assert_eq!(marks("a <<1+1=2>>2, <<2*2=4>>4").count(), 2);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9.,()*/+%$=<> -]{0,40}") {
            let _ = (value(&text), asked(&text), marks(&text).count());
        }
    }
}
