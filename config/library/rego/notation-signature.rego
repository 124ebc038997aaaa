# One valid Notation signature is enough, whichever of several verifiers accepts it.
package ratify.policy

import rego.v1

default valid := false

valid if {
	some artifact in input.verifierReports
	some report in artifact.verifierReports
	report.type == "notation"
	report.isSuccess
}
