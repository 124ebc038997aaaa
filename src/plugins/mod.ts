export { AWS_SIGNER, AwsSignerPlugin } from "./aws_signer.ts";
export { createPluginHost, type PluginOptions } from "./host.ts";
export { ProcessPlugin } from "./process_plugin.ts";
