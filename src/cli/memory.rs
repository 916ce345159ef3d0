//! How much memory there is, where the system says so.

use std::fs;

/// The most memory that states and steps take where nobody says how much: most of what is free. What
/// comes after exploring needs the rest, and a run that would take more ends with an answer, before the
/// system ends it. None where the system does not say what is free.
pub fn most_bytes() -> Option<u64> {
    let free =
        field(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?.checked_mul(1024)?;
    Some(granted_bytes().map_or(free, |granted| granted.min(free)) / 4 * 3)
}

/// What is left to the control group that this process is in, if that is limited.
fn granted_bytes() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let of_group = |line: &str| {
        let (kind, group) = line.split_once(':')?.1.split_once(':')?;
        let (mount, most, taken) = match kind {
            "" => ("", "memory.max", "memory.current"),
            "memory" => ("/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
            _ => return None,
        };
        let number = |file: &str| {
            // In a container, a group may be mounted as if it were the only one.
            let places =
                [format!("/sys/fs/cgroup{mount}{group}"), format!("/sys/fs/cgroup{mount}")];
            let mut texts =
                places.iter().map(|place| fs::read_to_string(format!("{place}/{file}")));
            texts.find_map(Result::ok)?.trim().parse::<u64>().ok()
        };
        Some(number(most)?.saturating_sub(number(taken)?))
    };
    groups.lines().filter_map(of_group).min()
}

/// The number behind a name.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_the_number_behind_its_name() {
        let text =
            "MemTotal:       24625112 kB\nMemFree:         1 kB\nMemAvailable:   20663880 kB\n";
        assert_eq!(field(text, "MemAvailable:"), Some(20_663_880));
        assert_eq!(field(text, "Swap:"), None);
        assert_eq!(field("MemAvailable: much kB", "MemAvailable:"), None);
    }
}
