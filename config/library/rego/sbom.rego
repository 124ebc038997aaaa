# There must be a bill of materials that its verifier accepts, with a valid Notation signature on it.
package ratify.policy

import rego.v1

default valid := false

# Set it to false where bills of materials are not signed.
require_signature := true

valid if {
	some artifact in input.verifierReports
	some report in artifact.verifierReports
	report.type == "sbom"
	report.isSuccess
	signed(artifact)
}

signed(_) if not require_signature

signed(artifact) if {
	some nested in artifact.nestedReports
	nested.artifactType == "application/vnd.cncf.notary.signature"
	some report in nested.verifierReports
	report.isSuccess
}
