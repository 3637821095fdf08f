# oa-authtest with Chromium and its driver.
#
#   docker build -t oa-authtest .
#   docker run --rm -v "$PWD/reports:/home/tester/reports" oa-authtest run --demo
#
# A release puts the program that was built already in its place: --target prebuilt, with dist/amd64/oa-authtest or dist/arm64/oa-authtest.

FROM rust:1-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY features features
COPY fixtures fixtures
COPY schema schema
COPY templates templates
RUN cargo build --release --locked

FROM debian:bookworm-slim AS browser
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates chromium chromium-driver chromium-headless-shell fonts-dejavu-core tini \
    && rm -rf /var/lib/apt/lists/*
# Login pages are other people's: their scripts run as somebody who owns nothing but the reports.
RUN useradd --create-home --uid 1000 tester && install -d -o tester -g tester /home/tester/reports
USER tester
WORKDIR /home/tester
# An init process reaps what a browser leaves.
ENTRYPOINT ["tini", "--", "oa-authtest"]
CMD ["--help"]

FROM browser AS prebuilt
ARG TARGETARCH
COPY --chmod=755 dist/$TARGETARCH/oa-authtest /usr/local/bin/oa-authtest

FROM browser
COPY --from=build /src/target/release/oa-authtest /usr/local/bin/oa-authtest
