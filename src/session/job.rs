//! The place of a test among those that run side by side, which another has while this one only waits.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Session;

/// So many tests at most are under way for each that runs: the others wait.
const UNDER_WAY: usize = 4;

/// The places of a run, or of several, as many as tests run side by side (`--jobs`).
#[derive(Debug, Clone)]
pub struct Jobs {
    places: Arc<Semaphore>,
    number: usize,
    lends: bool,
}

impl Jobs {
    /// So many of them. A test keeps its own while it waits if it may hold what another needs to go on, such as one of few browser sessions; and where there is
    /// but one, so that nothing happens beside a test.
    pub fn new(number: usize, holds_what_others_need: bool) -> Self {
        let number = number.max(1);
        Self { places: Arc::new(Semaphore::new(number)), number, lends: number > 1 && !holds_what_others_need }
    }

    /// How many tests may be under way, with those that wait.
    pub fn under_way(&self) -> usize {
        if self.lends { self.number * UNDER_WAY } else { self.number }
    }

    /// A place, as soon as there is one. Who asks first has it first.
    pub async fn take(&self) -> Job {
        Job { permit: self.permit().await, jobs: self.clone() }
    }

    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }
}

/// A place; given up when it is dropped.
#[derive(Debug)]
pub struct Job {
    jobs: Jobs,
    permit: Option<OwnedSemaphorePermit>,
}

impl Job {
    /// Waits, and has a place again after it. With what was waited for, how long the place was waited for.
    async fn aside<T>(&mut self, wait: impl Future<Output = T>) -> (T, Duration) {
        if !self.jobs.lends {
            return (wait.await, Duration::ZERO);
        }
        self.permit = None;
        let came = wait.await;
        let since = Instant::now();
        self.permit = self.jobs.permit().await;
        (came, since.elapsed())
    }
}

impl Session {
    /// Waits, and lets another test run meanwhile. Nothing may be waited for in this way that a test holds while it waits for its place: what is waited for has
    /// to come whatever other tests do.
    pub(crate) async fn aside<T>(&mut self, wait: impl Future<Output = T>) -> T {
        let Some(job) = &mut self.job else { return wait.await };
        let (came, waited) = job.aside(wait).await;
        self.waited += waited;
        came
    }

    /// Lets some time pass, in which another test may run.
    pub(crate) async fn pause(&mut self, time: Duration) {
        if !time.is_zero() {
            self.aside(tokio::time::sleep(time)).await;
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
    async fn who_waits_lets_another_run_and_has_a_place_again() {
        let jobs = Jobs::new(2, false);
        let (mut waiting, running) = (jobs.take().await, jobs.take().await);
        assert!(jobs.take().now_or_never().is_none(), "there are two");
        let (ended, end) = oneshot::channel::<()>();
        let mut aside = Box::pin(waiting.aside(end));
        assert!(future::poll_immediate(&mut aside).await.is_none());
        let other = jobs.take().now_or_never().expect("the place of the one that waits");
        ended.send(()).expect("it waits");
        assert!(future::poll_immediate(&mut aside).await.is_none(), "never more than two run");
        drop(running);
        assert_eq!(aside.await.0, Ok(()));
        drop(other);
    }

    #[tokio::test]
    async fn a_place_is_kept_where_there_is_one_or_others_need_what_is_held() {
        for jobs in [Jobs::new(1, false), Jobs::new(2, true)] {
            let mut all: Vec<Job> = Vec::new();
            for _ in 0..jobs.under_way() {
                all.push(jobs.take().await);
            }
            let mut last = all.pop().expect("at least one");
            let mut aside = Box::pin(last.aside(future::pending::<()>()));
            assert!(future::poll_immediate(&mut aside).await.is_none());
            assert!(jobs.take().now_or_never().is_none());
        }
    }
}
