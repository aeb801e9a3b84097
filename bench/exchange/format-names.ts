/** What a result can be written as. Apart from the code that writes it, so that `--help` loads none of that. */
export const EXPORT_FORMATS = ['hdr', 'csv', 'prometheus', 'otlp', 'json'] as const;
/** Name of a format that a result is written as. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Who takes an export over HTTP. */
export const RECEIVERS = ['remote-write', 'pushgateway', 'otlp'] as const;
/** Name of a kind of receiver. */
export type Receiver = (typeof RECEIVERS)[number];

/** What a result can be read from; `auto` looks at the file. */
export const IMPORT_FORMATS = ['vllm', 'aiperf', 'guidellm', 'k6'] as const;
/** Name of a tool whose files are read. */
export type ImportFormat = (typeof IMPORT_FORMATS)[number];
