//! The slot of a test among those that run side by side, which another test has while this one only waits.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::Session;

/// So many tests at most have begun for each that runs: the others wait.
const BEGUN_FOR_EACH: usize = 4;

/// The longest that a slot is waited for after a pause. Codes and tokens expire meanwhile: a test that waited longer could take that for a refusal.
const LATE: Duration = Duration::from_secs(5);

/// The slots of a run, or of several, as many as tests run side by side (`--jobs`).
#[derive(Debug, Clone)]
pub struct Jobs {
    slots: Arc<Semaphore>,
    number: usize,
    releases: bool,
}

impl Jobs {
    /// So many of them. A test keeps its slot while it waits if it may hold what another needs to go on, such as one of few browser sessions; and where there is
    /// but one slot, so that nothing happens beside a test.
    pub fn new(number: usize, holds_what_others_need: bool) -> Self {
        let number = number.max(1);
        Self { slots: Arc::new(Semaphore::new(number)), number, releases: number > 1 && !holds_what_others_need }
    }

    /// How many tests may have begun and not ended, with those that wait.
    pub fn begun_at_most(&self) -> usize {
        if self.releases { self.number * BEGUN_FOR_EACH } else { self.number }
    }

    /// A slot, as soon as one is free: first come, first served.
    pub async fn take(&self) -> Job {
        Job { permit: self.permit().await, jobs: self.clone() }
    }

    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.slots).acquire_owned().await.ok()
    }
}

/// A slot; free again when it is dropped.
#[derive(Debug)]
pub struct Job {
    jobs: Jobs,
    permit: Option<OwnedSemaphorePermit>,
}

impl Job {
    /// Waits without the slot, and takes one again after it; where none is free soon, it goes on without. With what came, how long a slot was waited for.
    async fn release_while<T>(&mut self, wait: impl Future<Output = T>) -> (T, Duration) {
        if !self.jobs.releases {
            return (wait.await, Duration::ZERO);
        }
        self.permit = None;
        let came = wait.await;
        let since = Instant::now();
        self.permit = timeout(LATE, self.jobs.permit()).await.ok().flatten();
        (came, since.elapsed())
    }
}

impl Session {
    /// Waits, and lets another test run meanwhile.
    pub(crate) async fn release_while<T>(&mut self, wait: impl Future<Output = T>) -> T {
        let Some(job) = &mut self.job else { return wait.await };
        let (came, waited) = job.release_while(wait).await;
        self.waited += waited;
        came
    }

    /// Lets some seconds pass, in which another test may run. Where a moment later is another result, the test has to keep its slot (`tokio::time::sleep`).
    pub(crate) async fn pause(&mut self, time: Duration) {
        if !time.is_zero() {
            self.release_while(tokio::time::sleep(time)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use futures::future;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn who_waits_lets_another_run_and_has_a_slot_again() {
        let jobs = Jobs::new(2, false);
        let (mut waiting, running) = (jobs.take().await, jobs.take().await);
        assert!(jobs.take().now_or_never().is_none(), "there are two");
        let (ended, end) = oneshot::channel::<()>();
        let mut released = Box::pin(waiting.release_while(end));
        assert!(future::poll_immediate(&mut released).await.is_none());
        let other = jobs.take().now_or_never().expect("the slot of the one that waits");
        ended.send(()).expect("it waits");
        assert!(future::poll_immediate(&mut released).await.is_none(), "never more than two run");
        drop(running);
        assert_eq!(released.await.0, Ok(()));
        drop(other);
    }

    #[tokio::test]
    async fn where_no_slot_is_free_soon_it_goes_on() {
        let jobs = Jobs::new(2, false);
        let mut waiting = jobs.take().await;
        let others = {
            let (ended, end) = oneshot::channel::<()>();
            let mut released = Box::pin(waiting.release_while(end));
            assert!(future::poll_immediate(&mut released).await.is_none());
            let others = (jobs.take().await, jobs.take().await);
            let begun = Instant::now();
            ended.send(()).expect("it waits");
            assert_eq!(released.await.0, Ok(()));
            assert!(begun.elapsed() >= LATE);
            others
        };
        assert!(waiting.permit.is_none());
        drop(waiting);
        assert!(jobs.take().now_or_never().is_none(), "what it did not have does not come free");
        drop(others);
    }

    #[tokio::test]
    async fn a_slot_is_kept_where_there_is_one_or_others_need_what_is_held() {
        for jobs in [Jobs::new(1, false), Jobs::new(2, true)] {
            let mut all: Vec<Job> = Vec::new();
            for _ in 0..jobs.begun_at_most() {
                all.push(jobs.take().await);
            }
            let mut last = all.pop().expect("at least one");
            let mut released = Box::pin(last.release_while(future::pending::<()>()));
            assert!(future::poll_immediate(&mut released).await.is_none());
            assert!(jobs.take().now_or_never().is_none());
        }
    }
}
