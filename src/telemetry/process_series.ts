import process from "node:process";
import type { Registry } from "prom-client";
import type { Package } from "./series.ts";

/**
 * CPU time, memory and start of this process, by the names that Prometheus has for them. What the
 * package collects by itself reads zero on this runtime, which keeps /proc to itself.
 */
export function collectProcess(prom: Package, registry: Registry): void {
  const registers = [registry];
  new prom.Counter({
    name: "process_cpu_seconds_total",
    help: "User and system CPU time spent in seconds.",
    registers,
    collect(): void {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new prom.Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    registers,
    collect(): void {
      this.set(process.memoryUsage.rss());
    },
  });
  new prom.Gauge({
    name: "process_start_time_seconds",
    help: "Start of the process, in seconds since 1970.",
    registers,
  }).set(Date.now() / 1000 - process.uptime());
}
