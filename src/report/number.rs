//! Numbers as people read them: grouped digits, one unit, the right plural.

/// A whole number with its digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// A number of things: `1 state`, `2,304 states`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// An amount of memory with one unit, in powers of 1000.
pub fn memory(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) if bytes < 10 * size => {
            format!("{:.1} {unit}", bytes as f64 / *size as f64)
        }
        Some((unit, size)) => format!("{} {unit}", bytes / size),
        None => counted(bytes, "byte", "bytes"),
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
    fn digits_come_in_threes() {
        let all = [0, 999, 1000, 12_345, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!(counted(1, "state", "states"), "1 state");
        assert_eq!(counted(1304, "state", "states"), "1,304 states");
    }

    #[test]
    fn one_unit_is_enough() {
        let all = [0, 1, 999, 1000, 53_400_000, 7_250_000_000].map(memory);
        assert_eq!(all, ["0 bytes", "1 byte", "999 bytes", "1.0 kB", "53 MB", "7.2 GB"]);
        let all = [0.0312, 1.25, 61.9].map(duration);
        assert_eq!(all, ["31 ms", "1.2 s", "1 min 1 s"]);
    }
}
