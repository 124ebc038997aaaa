# Something must be attached, and of each type of artifact, one at least must be accepted. What is attached
# to artifacts is asked for the same.
package ratify.policy

import rego.v1

default valid := false

valid if {
	count(input.verifierReports) > 0
	every artifact in input.verifierReports {
		has_good(input.verifierReports, artifact.artifactType)
		every nested in artifact.nestedReports {
			has_good(artifact.nestedReports, nested.artifactType)
		}
	}
}

has_good(artifacts, type) if {
	some artifact in artifacts
	artifact.artifactType == type
	some report in artifact.verifierReports
	report.isSuccess
}
