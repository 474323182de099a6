//! What a store for tests leaves to the one that it wraps.

/// The methods of `Store` that are named, passed on: `passes_on! { inner: delete sweep load }` inside of an `impl Store`, where `inner` is a field.
macro_rules! passes_on {
    ($inner:ident: $($method:ident)+) => {
        $(passes_on! { @$method $inner })+
    };
    (@delete $inner:ident) => {
        fn delete(&self, arn: &str) -> durable_engine::store::StoreFuture<bool> {
            self.$inner.delete(arn)
        }
    };
    (@sweep $inner:ident) => {
        fn sweep(
            &self,
            now: durable_runtime::wire::Timestamp,
        ) -> durable_engine::store::StoreFuture<Option<durable_runtime::wire::Timestamp>> {
            self.$inner.sweep(now)
        }
    };
    (@load $inner:ident) => {
        fn load(
            &self,
            arn: &str,
        ) -> durable_engine::store::StoreFuture<Option<durable_engine::store::Loaded>> {
            self.$inner.load(arn)
        }
    };
    (@find $inner:ident) => {
        fn find(
            &self,
            workflow: &str,
            name: &str,
        ) -> durable_engine::store::StoreFuture<Option<durable_engine::core::ExecutionRecord>> {
            self.$inner.find(workflow, name)
        }
    };
    (@open $inner:ident) => {
        fn open(
            &self,
        ) -> durable_engine::store::StoreFuture<Vec<durable_engine::store::OpenExecution>> {
            self.$inner.open()
        }
    };
    (@record $inner:ident) => {
        fn record(
            &self,
            arn: &str,
        ) -> durable_engine::store::StoreFuture<Option<durable_engine::core::ExecutionRecord>> {
            self.$inner.record(arn)
        }
    };
    (@operations $inner:ident) => {
        fn operations(
            &self,
            arn: &str,
        ) -> durable_engine::store::StoreFuture<Vec<durable_engine::core::StoredOperation>> {
            self.$inner.operations(arn)
        }
    };
    (@events $inner:ident) => {
        fn events(
            &self,
            arn: &str,
            range: durable_engine::store::EventRange,
        ) -> durable_engine::store::StoreFuture<Vec<durable_engine::core::Event>> {
            self.$inner.events(arn, range)
        }
    };
    (@list $inner:ident) => {
        fn list(
            &self,
            filter: durable_engine::store::ListFilter,
        ) -> durable_engine::store::StoreFuture<Vec<durable_engine::store::ExecutionSummary>> {
            self.$inner.list(filter)
        }
    };
}
