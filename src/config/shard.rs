//! Which part of the selected tests is to run (`--shard`).

/// The most parts that a run can be split into.
pub const MOST_SHARDS: u32 = 100;

/// One of several parts of the selected tests, so that several machines can share a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    part: u32,
    of: u32,
}

impl Shard {
    /// The part of this number, from 1, of so many; `None` if there is no such part, or more than [`MOST_SHARDS`].
    pub fn new(part: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&part).then_some(Self { part, of }).filter(|_| of <= MOST_SHARDS)
    }

    /// Its number, from 1.
    pub fn part(self) -> u32 {
        self.part
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// True if the test at this place of the plan, from 0, belongs to it. The parts take turns: tests of one feature, which take about the same time, come
    /// to different parts.
    pub fn has(self, place: usize) -> bool {
        place % self.of as usize == self.part as usize - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_is_in_exactly_one_part() {
        for of in [1, 2, 3, 7, MOST_SHARDS] {
            let parts: Vec<Shard> = (1..=of).filter_map(|part| Shard::new(part, of)).collect();
            assert_eq!(parts.len(), of as usize);
            for place in 0..250 {
                assert_eq!(parts.iter().filter(|part| part.has(place)).count(), 1, "place {place} of {of} parts");
            }
        }
    }

    #[test]
    fn there_are_no_other_parts() {
        for (part, of) in [(0, 3), (4, 3), (0, 0), (1, 0), (1, MOST_SHARDS + 1)] {
            assert_eq!(Shard::new(part, of), None, "{part}/{of}");
        }
    }
}
