//! Counts and sizes as people write them.

/// A number with its thousands apart: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 state`, `2,000 states`.
pub fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(number))
}

/// An amount of memory with one unit, in powers of 1000.
pub fn memory(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) if bytes < 10 * size => {
            format!("{:.1} {unit}", bytes as f64 / *size as f64)
        }
        Some((unit, size)) => format!("{} {unit}", bytes / size),
        None => counted(bytes, "byte"),
    }
}

/// A stretch of time with one unit, or two from a minute on.
pub fn duration(seconds: f64) -> String {
    match seconds {
        ..1.0 => format!("{:.0} ms", seconds * 1000.0),
        ..60.0 => format!("{seconds:.1} s"),
        _ => format!("{} min {} s", (seconds / 60.0) as u64, (seconds % 60.0) as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_is_enough() {
        let all = [0, 1, 999, 1000, 53_400_000, 7_250_000_000].map(memory);
        assert_eq!(all, ["0 bytes", "1 byte", "999 bytes", "1.0 kB", "53 MB", "7.2 GB"]);
        let all = [0.0312, 1.25, 61.9].map(duration);
        assert_eq!(all, ["31 ms", "1.2 s", "1 min 1 s"]);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [0, 12, 999, 1000, 1_234_567].map(grouped),
            ["0", "12", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn one_thing_has_no_plural() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "step")), ["0 steps", "1 step", "2 steps"]);
    }
}
