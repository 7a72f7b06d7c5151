//! A work for each of some items, several at a time.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Does a work for each item on so many threads, and hands on what comes of it, with the item's place, as it comes. A break ends it: what is
/// under way is finished and dropped.
pub(crate) fn at_once<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(usize, R) -> ControlFlow<()>,
) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            let (send, next, work) = (send.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(place) else { return };
                    if send.send((place, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        for (place, result) in receive {
            if take(place, result).is_break() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_worked_on_once_until_somebody_has_enough() {
        let items: Vec<usize> = (0..100).collect();
        for threads in [0, 1, 3, 200] {
            let mut seen = Vec::new();
            at_once(
                threads,
                &items,
                |item| item * 2,
                |place, double| {
                    assert_eq!(double, 2 * place);
                    seen.push(place);
                    ControlFlow::Continue(())
                },
            );
            seen.sort_unstable();
            assert_eq!(seen, items);
        }
        let mut taken = 0;
        at_once(
            2,
            &items,
            |item| *item,
            |_, _| {
                taken += 1;
                if taken == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!(taken, 5);
        at_once(2, &[] as &[usize], |item| *item, |_, _| panic!("there is nothing to do"));
    }
}
