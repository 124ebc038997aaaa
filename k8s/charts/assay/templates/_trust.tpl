{{/*
The Azure Key Vault of the values, old names included, as JSON: vaultURI, tenantId, certificates, keys;
nothing when it is off.
*/}}
{{- define "assay.vault" -}}
{{- $new := .Values.azurekeyvault -}}
{{- $old := .Values.akvCertConfig -}}
{{- if or $new.enabled $old.enabled -}}
{{- $uri := $new.enabled | ternary $new.vaultURI "" | default $old.vaultURI -}}
{{- $tenant := $new.enabled | ternary $new.tenantId "" | default $old.tenantId -}}
{{- $named := list -}}
{{- $keys := list -}}
{{- if $new.enabled -}}
{{- $named = $new.certificates -}}
{{- $keys = $new.keys -}}
{{- end -}}
{{- if $old.enabled -}}
{{- $named = concat $named $old.certificates (list (dict "name" $old.cert1Name "version" $old.cert1Version) (dict "name" $old.cert2Name "version" $old.cert2Version)) -}}
{{- end -}}
{{- if not (and $uri $tenant .Values.azureWorkloadIdentity.clientId) -}}
{{- fail "azurekeyvault needs azurekeyvault.vaultURI, azurekeyvault.tenantId and azureWorkloadIdentity.clientId." -}}
{{- end -}}
{{- $certificates := include "assay.vaultEntries" (list $named) | fromJsonArray -}}
{{- $keys = include "assay.vaultEntries" (list $keys) | fromJsonArray -}}
{{- if not (concat $certificates $keys) -}}
{{- fail "azurekeyvault names neither certificates nor keys." -}}
{{- end -}}
{{- dict "vaultURI" $uri "tenantID" $tenant "certificates" $certificates "keys" $keys | toJson -}}
{{- end -}}
{{- end -}}

{{/* Those of a list (the first argument) that have a name; a version only where there is one. */}}
{{- define "assay.vaultEntries" -}}
{{- $kept := list -}}
{{- range index . 0 -}}
{{- if .name -}}
{{- $entry := dict "name" .name -}}
{{- if .version -}}{{- $_ := set $entry "version" .version -}}{{- end -}}
{{- $kept = append $kept $entry -}}
{{- end -}}
{{- end -}}
{{- toJson $kept -}}
{{- end -}}

{{/* The names of all providers of certificates, as a JSON list. */}}
{{- define "assay.certificateProviders" -}}
{{- $name := include "assay.fullname" . -}}
{{- $all := list -}}
{{- $vault := include "assay.vault" . | default "{}" | fromJson -}}
{{- if $vault.certificates -}}{{- $all = append $all "kmprovider-akv" -}}{{- end -}}
{{- if .Values.notationCert -}}{{- $all = append $all (printf "%s-notation-inline-cert" $name) -}}{{- end -}}
{{- range $i, $_ := .Values.notationCerts -}}
{{- $all = append $all (printf "%s-notation-inline-cert-%d" $name $i) -}}
{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* Whether Notation signatures are judged: only where somebody is trusted. */}}
{{- define "assay.notation" -}}
{{- if and .Values.notationCert .Values.notationCerts -}}
{{- fail "notationCert and notationCerts exclude each other: put the certificate into notationCerts." -}}
{{- end -}}
{{- if and .Values.notation.enabled (include "assay.certificateProviders" . | fromJsonArray) -}}yes{{- end -}}
{{- end -}}

{{- define "assay.keyless" -}}
{{- with .Values.cosign.keyless -}}
{{- if or .certificateIdentity .certificateIdentityRegExp .certificateOIDCIssuer .certificateOIDCIssuerRegExp -}}yes{{- end -}}
{{- end -}}
{{- end -}}

{{/* How cosign signatures are judged: "policies", "key", or nothing when nobody is trusted. */}}
{{- define "assay.cosign" -}}
{{- if .Values.cosign.enabled -}}
{{- $vault := include "assay.vault" . | default "{}" | fromJson -}}
{{- $keys := or .Values.cosignKeys $vault.keys -}}
{{- $keyless := include "assay.keyless" . -}}
{{- if and $keys $keyless -}}
{{- fail "cosign: keys (cosignKeys, azurekeyvault.keys) and cosign.keyless exclude each other." -}}
{{- else if or $keys $keyless -}}policies
{{- else if .Values.cosign.key -}}key
{{- end -}}
{{- end -}}
{{- end -}}
