{{/* A release of Ratify keeps its names: they are in certificates, Services and Secrets. */}}
{{- define "assay.name" -}}
{{- default "ratify" .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "assay.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if or (contains (include "assay.name" .) .Release.Name) (contains "assay" .Release.Name) -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "assay.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "assay.serviceAccount" -}}
{{- if or .Values.serviceAccount.create .Values.azureWorkloadIdentity.clientId -}}
{{- default (include "assay.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "assay.selector" -}}
app.kubernetes.io/name: {{ include "assay.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "assay.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "assay.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/*
Labels and annotations of an object that Ratify's chart made by a hook, so that it belongs to no release. One
that is there already stays a hook: it is made anew by each upgrade, as it was. Helm could adopt it, but would
not bring a custom resource that it adopts to what the values say.
Call: (list . APIVERSION KIND NAMESPACE NAME)
*/}}
{{- define "assay.adopted" -}}
{{- $ := index . 0 -}}
{{- $found := lookup (index . 1) (index . 2) (index . 3) (index . 4) }}
  labels:
    {{- include "assay.labels" $ | nindent 4 }}
{{- if $found }}
{{- $annotations := dig "metadata" "annotations" dict $found }}
{{- if or (ne (get $annotations "meta.helm.sh/release-name") $.Release.Name) (hasKey $annotations "helm.sh/hook") }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "5"
    helm.sh/hook-delete-policy: before-hook-creation
{{- end }}
{{- end }}
{{- end -}}

{{- define "assay.image" -}}
{{- $image := .Values.image -}}
{{- if regexMatch "^ghcr\\.io/(notaryproject|ratify-project|deislabs)/" $image.repository -}}
{{- fail (printf "image.repository is %s, which is not an image of Assay: set image.repository and image.tag (or image.digest) beside the values of Ratify." $image.repository) -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "assay.gatekeeperNamespace" -}}
{{- default "gatekeeper-system" .Values.gatekeeper.namespace -}}
{{- end -}}

{{- define "assay.rotation" -}}
{{- if .Values.featureFlags.RATIFY_CERT_ROTATION -}}yes{{- end -}}
{{- end -}}

{{/* The Secret with the server's certificate. */}}
{{- define "assay.tlsSecret" -}}
{{- if .Values.provider.tls.secretName -}}
{{- if include "assay.rotation" . -}}
{{- fail "provider.tls.secretName and featureFlags.RATIFY_CERT_ROTATION exclude each other: somebody else keeps that Secret." -}}
{{- end -}}
{{- .Values.provider.tls.secretName -}}
{{- else -}}
{{- printf "%s-tls" (include "assay.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* Whether certificates are given: all of crt, key and an authority, or none. */}}
{{- define "assay.tlsGiven" -}}
{{- $tls := .Values.provider.tls -}}
{{- $authority := or $tls.cabundle $tls.caCert -}}
{{- if and $tls.crt $tls.key $authority -}}yes
{{- else if or $tls.crt $tls.key -}}
{{- fail "provider.tls: give crt, key and one of caCert and cabundle, or none of them." -}}
{{- else if and $authority (not $tls.secretName) -}}
{{- fail "provider.tls: an authority without crt and key, or secretName." -}}
{{- end -}}
{{- end -}}

{{/*
What Gatekeeper trusts. With rotation it is written by Assay: what is there stays, and at first it is a
certificate whose key nobody has, since Gatekeeper takes no Provider without any.
Call: (list . PROVIDER)
*/}}
{{- define "assay.caBundle" -}}
{{- $ := index . 0 -}}
{{- $tls := $.Values.provider.tls -}}
{{- if $tls.cabundle -}}{{ $tls.cabundle }}
{{- else if $tls.caCert -}}{{ $tls.caCert | b64enc }}
{{- else if include "assay.rotation" $ -}}
{{- $secret := lookup "v1" "Secret" $.Release.Namespace (include "assay.tlsSecret" $) -}}
{{- $provider := lookup "externaldata.gatekeeper.sh/v1beta1" "Provider" "" (index . 1) -}}
{{- $there := dig "data" "ca.crt" "" (default dict $secret) -}}
{{- $said := dig "spec" "caBundle" "" (default dict $provider) -}}
{{- if $there -}}{{ $there }}
{{- else if $said -}}{{ $said }}
{{- else -}}{{ $.Files.Get "files/placeholder-ca.pem" | b64enc }}
{{- end -}}
{{- else -}}
{{- fail "Assay needs a server certificate: set provider.tls.crt, .key and .caCert, or provider.tls.secretName with provider.tls.cabundle, or featureFlags.RATIFY_CERT_ROTATION=true to have it made." -}}
{{- end -}}
{{- end -}}

{{/* Where Gatekeeper's authority is, as JSON: secretName and secretKey; nothing when clients are not checked. */}}
{{- define "assay.clientCa" -}}
{{- $auth := .Values.provider.clientAuth -}}
{{- if $auth.enabled -}}
{{- $one := dict "secretName" $auth.secretName "secretKey" (default "ca.crt" $auth.secretKey) -}}
{{- if gt (len $auth.caCerts) 1 -}}
{{- fail "provider.clientAuth.caCerts: one entry; put several authorities into one PEM text of one Secret." -}}
{{- else if $auth.caCerts -}}
{{- $one = first $auth.caCerts -}}
{{- else if not $auth.secretName -}}
{{- if ne (include "assay.gatekeeperNamespace" .) .Release.Namespace -}}
{{- fail (printf "Assay answers only callers with a certificate of Gatekeeper's authority, which is in the Secret gatekeeper-webhook-server-cert of namespace %s, not of %s. Install the release in %s, or set gatekeeper.namespace, or copy ca.crt into a Secret here and name it in provider.clientAuth.secretName, or accept every caller with provider.clientAuth.enabled=false." (include "assay.gatekeeperNamespace" .) .Release.Namespace (include "assay.gatekeeperNamespace" .)) -}}
{{- end -}}
{{- $_ := set $one "secretName" "gatekeeper-webhook-server-cert" -}}
{{- end -}}
{{- toJson $one -}}
{{- end -}}
{{- end -}}

{{- define "assay.azureWorkload" -}}
{{- if or .Values.azureWorkloadIdentity.clientId .Values.oras.authProviders.azureWorkloadIdentityEnabled -}}yes{{- end -}}
{{- end -}}

{{/* The Secret with credentials for registries; nothing when there is none. */}}
{{- define "assay.dockerSecret" -}}
{{- if .Values.registryCredsSecret -}}{{ .Values.registryCredsSecret }}
{{- else if .Values.dockerConfig -}}{{ include "assay.fullname" . }}-dockerconfig
{{- end -}}
{{- end -}}
