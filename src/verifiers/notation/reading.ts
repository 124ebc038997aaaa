export { reading } from "../reading.ts";
