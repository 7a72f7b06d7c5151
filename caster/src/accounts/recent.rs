//! A bounded memory of what was seen lately: two generations, the older of which is forgotten as a whole.

use std::collections::HashMap;
use std::hash::Hash;

/// Remembers the last `each` to `2 * each` different keys. Everything costs the same however full it is: when the young
/// generation is full it becomes the old one, and what was old and has not been asked for since is forgotten.
#[derive(Debug)]
pub struct Recent<K, V> {
    each: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Hash + Eq + Clone, V: Clone> Recent<K, V> {
    /// Remembers between `each` and twice as many.
    pub fn new(each: usize) -> Self {
        Self { each: each.max(1), young: HashMap::new(), old: HashMap::new() }
    }

    /// What is known under a key. Whatever is asked for is young again.
    pub fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.put(key.clone(), value.clone());
        Some(value)
    }

    /// What is known under a key, without making it young.
    pub fn peek(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// Remembers.
    pub fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.each && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// Forgets one key.
    pub fn forget(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_forgotten() {
        let mut recent = Recent::new(10);
        recent.put(0, "kept");
        recent.put(1, "not asked for");
        for key in 2..200 {
            recent.put(key, "one of many");
            assert_eq!(recent.get(&0), Some("kept"));
            assert!(recent.len() <= 20, "{}", recent.len());
        }
        assert_eq!(recent.get(&1), None);
        assert_eq!(recent.peek(&199), Some(&"one of many"));
        recent.forget(&0);
        assert_eq!(recent.peek(&0), None);
    }
}
