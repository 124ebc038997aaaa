export { type FileReader, TufClient } from "./client.ts";
export {
  TufRefresher,
  type TufRefresherOptions,
  type TufRepository,
  type TufSource,
} from "./refresher.ts";
export { TufError, type TufProblem } from "./tuf_error.ts";
