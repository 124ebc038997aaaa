# The image of Assay: the binary that `./dev compile` made for Linux, and nothing to run it but a C library.
#
#   ./dev compile
#   docker build --tag registry.example.com/assay .
#
# It needs no writable file system and no rights; k8s/ says how to run it.
FROM gcr.io/distroless/cc-debian12:nonroot

LABEL org.opencontainers.image.title="Assay" \
      org.opencontainers.image.description="Verifies container images for Gatekeeper" \
      org.opencontainers.image.licenses="Apache-2.0"

# `assay`, a link `ratify` to it, so that Deployments that start /app/ratify go on working, and licences.
COPY dist/ /app/

ENV PATH=/app
# Paths such as usr/local/tls/client-ca/ca.crt in arguments of old Deployments are meant from here.
WORKDIR /
USER 65532:65532
# Verification and mutation, metrics, health.
EXPOSE 6001 8888 9099
ENTRYPOINT ["/app/assay"]
