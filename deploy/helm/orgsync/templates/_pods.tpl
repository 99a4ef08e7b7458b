{{- define "orgsync.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "orgsync.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "orgsync.labels" -}}
{{ include "orgsync.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "orgsync.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "orgsync.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "orgsync.name" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end }}

{{- /* What the Pod Security Standard "restricted" asks of a pod. */ -}}
{{- define "orgsync.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "orgsync.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- /* Secrets reach the processes as files, never as variables. */ -}}
{{- define "orgsync.env" -}}
- {name: ORGSYNC_DATA_DIR, value: /var/lib/orgsync/data}
- {name: ORGSYNC_DATABASE_URL_FILE, value: /run/secrets/orgsync/database-url}
- {name: ORGSYNC_SECRET_KEY_FILE, value: /run/secrets/orgsync/secret-key}
{{- range .Values.secret.optionalKeys }}
- name: ORGSYNC_{{ . | replace "-" "_" | upper }}_FILE
  value: /run/secrets/orgsync/{{ . }}
{{- end }}
- name: ORGSYNC_STORAGE_URL
  value: {{ .Values.storage.url | quote }}
- name: ORGSYNC_BASE_URL
  value: {{ .Values.baseUrl | quote }}
{{- with .Values.mail.from }}
- name: ORGSYNC_MAIL_FROM
  value: {{ . | quote }}
{{- end }}
{{- range $name, $value := .Values.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- define "orgsync.envFrom" -}}
{{- with .Values.storage.secretName }}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
{{- end }}

{{- define "orgsync.mounts" -}}
- {name: secrets, mountPath: /run/secrets/orgsync, readOnly: true}
- {name: work, mountPath: /var/lib/orgsync}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "orgsync.volumes" -}}
- name: secrets
  secret:
    secretName: {{ .Values.secret.name }}
    defaultMode: 0440
- name: work
  emptyDir: {}
- name: tmp
  emptyDir: {}
{{- end }}
