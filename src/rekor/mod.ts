export { createLogClient, type LogClient } from "./log_client.ts";
