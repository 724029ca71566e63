# Builds a static binary and runs it as nobody, with one writable directory: /var/lib/qixian.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /qixian ./cmd/qixian \
 && mkdir -p /rootfs/var/lib/qixian /rootfs/etc/ssl/certs \
 && cp /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/

FROM scratch
COPY --from=build --chown=65534:65534 /rootfs/ /
COPY --from=build /qixian /qixian
USER 65534:65534
VOLUME /var/lib/qixian
HEALTHCHECK --interval=1m --timeout=10s CMD ["/qixian", "status", "--ping", "--state-dir", "/var/lib/qixian"]
ENTRYPOINT ["/qixian"]
CMD ["serve", "--state-dir", "/var/lib/qixian"]
