# Something must be attached, and everything attached, at every level, must be accepted by some verifier,
# with success for all that do.
package ratify.policy

import rego.v1

default valid := false

valid if {
	count(input.verifierReports) > 0
	not bad
}

# What is attached, and what is attached to that.
artifacts contains artifact if {
	walk(input, [path, artifact])
	path[count(path) - 2] in {"verifierReports", "nestedReports"}
	is_object(artifact)
	artifact.artifactType
}

bad if {
	some artifact in artifacts
	count(artifact.verifierReports) == 0
}

bad if {
	some artifact in artifacts
	some report in artifact.verifierReports
	not report.isSuccess
}
