export { ClusterConfiguration, type ClusterConfigurationOptions } from "./cluster_configuration.ts";
export { type ClusterObject, collectionPath, readClusterObject } from "./cluster_object.ts";
export { Leader } from "./leader.ts";
export { type LoadedObjects, loadObjects } from "./load_objects.ts";
export type { CollectionState } from "./reflector.ts";
export { statusOf } from "./resource_status.ts";
export { StatusWriter } from "./status_writer.ts";
