// Makes calls with npm's ncloud-mcp-server: its NcloudClient, unchanged, with its own signing. One JSON line for each call.
// Arguments: the package's folder, the base URL, the access key, its secret, and the calls as JSON: [method, path, query, body].
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, baseUrl, accessKey, secretKey, calls] = process.argv.slice(2);
const { NcloudClient } = await import(pathToFileURL(join(folder, "dist", "client", "ncloud-client.js")));
const client = new NcloudClient({ baseUrl, accessKey, secretKey });

let sent;
const fetchAsItIs = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const response = await fetchAsItIs(...request);
  sent = { status: response.status, body: await response.clone().json() };
  return response;
};

for (const [method, path, query, body] of JSON.parse(calls)) {
  let outcome;
  try {
    outcome = { result: await client.requestRaw(method, path, query ?? undefined, body ?? undefined) };
  } catch (error) {
    outcome = { error: error.message };
  }
  console.log(JSON.stringify({ ...sent, ...outcome }));
}
