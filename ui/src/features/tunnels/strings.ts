/** Ready-made words for the programs that use a tunnel. */

import type { Platform } from "../../contract/Platform";
import type { TunnelProtocol } from "../../contract/TunnelProtocol";
import { fileName, type Local, localOf } from "./target";

export interface ReadyMade {
  /** What it is for: the program, or the kind of address. */
  label: string;
  text: string;
}

/** An argument for the system's command line, quoted only where it must be. */
export function quoted(text: string, platform: Platform): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text) || (platform === "windows" && /^[A-Za-z0-9_@+=:,./\\-]+$/.test(text))) {
    return text;
  }
  if (platform === "windows") {
    // The rule of the C runtime: backslashes count only before a quotation mark.
    return `"${text.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
  }
  return /[$`\\"!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`;
}

/** A value of a PostgreSQL connection string (libpq, "Keyword/Value Connection Strings"). */
function libpq(value: string): string {
  return /^[^\s'\\]+$/.test(value) ? value : `'${value.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}

/** A tunnel's address as a web page, or `null` where it is none. */
export function webAddress(local: string, protocol: TunnelProtocol): string | null {
  const end = localOf(local);
  return end.kind === "port" && (protocol === "http" || protocol === "https") ? `${protocol}://${end.host}:${end.port}/` : null;
}

/** The ready-made words of a tunnel, the likeliest first. None of them holds a secret. */
export function readyMade(local: string, protocol: TunnelProtocol, user: string, platform: Platform): ReadyMade[] {
  const end = localOf(local);
  return end.kind === "port" ? forPort(end, protocol, user, platform) : forSocket(end.path, protocol, user, platform);
}

function forPort(
  { host, port }: Extract<Local, { kind: "port" }>,
  protocol: TunnelProtocol,
  user: string,
  platform: Platform,
): ReadyMade[] {
  const at = `${host}:${port}`;
  const shell = (text: string) => quoted(text, platform);
  switch (protocol) {
    case "postgres":
      return [
        { label: "psql", text: `psql ${shell(`host=${host} port=${port} user=${libpq(user)} dbname=postgres`)}` },
        { label: "JDBC", text: `jdbc:postgresql://${at}/postgres` },
        { label: "URL", text: `postgresql://${encodeURIComponent(user)}@${at}/postgres` },
      ];
    case "mysql":
      return [
        { label: "mysql", text: `mysql --host=${host} --port=${port} ${shell(`--user=${user}`)} -p` },
        { label: "JDBC", text: `jdbc:mysql://${at}/` },
      ];
    case "sqlServer":
      return [
        { label: "sqlcmd", text: `sqlcmd -S tcp:${host},${port} -U ${shell(user)}` },
        { label: "JDBC", text: `jdbc:sqlserver://${at};encrypt=true;trustServerCertificate=true` },
        { label: "Server name", text: `${host},${port}` },
      ];
    case "ssh":
      return [
        { label: "ssh", text: `ssh -p ${port} ${shell(`${user}@${host}`)}` },
        { label: "sftp", text: `sftp -P ${port} ${shell(`${user}@${host}`)}` },
      ];
    case "rdp":
      switch (platform) {
        case "windows":
          return [{ label: "Remote Desktop", text: `mstsc /v:${at}` }];
        case "linux":
          return [
            { label: "FreeRDP", text: `xfreerdp /v:${at}` },
            { label: "PC name", text: at },
          ];
        case "macos":
          return [{ label: "PC name", text: at }];
      }
      break;
    case "vnc":
      return [{ label: "URL", text: `vnc://${at}` }];
    case "mongodb":
      return [
        { label: "mongosh", text: `mongosh ${shell(`mongodb://${at}/?directConnection=true`)}` },
        { label: "URL", text: `mongodb://${at}/?directConnection=true` },
      ];
    case "redis":
      return [
        { label: "redis-cli", text: `redis-cli -h ${host} -p ${port}` },
        { label: "URL", text: `redis://${at}` },
      ];
    case "http":
    case "https":
      return [{ label: "URL", text: `${protocol}://${at}/` }];
    case "any":
      return [{ label: "Address", text: at }];
  }
}

function forSocket(path: string, protocol: TunnelProtocol, user: string, platform: Platform): ReadyMade[] {
  const shell = (text: string) => quoted(text, platform);
  const plain = { label: "Socket", text: path };
  switch (protocol) {
    case "postgres": {
      // libpq takes the folder and makes the name itself: `.s.PGSQL.PORT`.
      const port = /^\.s\.PGSQL\.(\d+)$/.exec(fileName(path))?.[1];
      const folder = path.slice(0, -fileName(path).length - 1);
      return port === undefined
        ? [plain]
        : [
            { label: "psql", text: `psql ${shell(`host=${libpq(folder)} port=${port} user=${libpq(user)} dbname=postgres`)}` },
            plain,
          ];
    }
    case "mysql":
      return [{ label: "mysql", text: `mysql ${shell(`--socket=${path}`)} ${shell(`--user=${user}`)} -p` }, plain];
    case "redis":
      return [{ label: "redis-cli", text: `redis-cli -s ${shell(path)}` }, plain];
    case "mongodb":
      return [{ label: "mongosh", text: `mongosh ${shell(`mongodb://${encodeURIComponent(path)}/`)}` }, plain];
    case "http":
      return [{ label: "curl", text: `curl --unix-socket ${shell(path)} http://localhost/` }, plain];
    case "https":
      return [{ label: "curl", text: `curl --unix-socket ${shell(path)} https://localhost/` }, plain];
    case "ssh":
      return [
        {
          label: "ssh",
          text: `ssh -o ${shell(`ProxyCommand=nc -U ${shell(path)}`)} ${shell(`${user}@localhost`)}`,
        },
        plain,
      ];
    case "any":
    case "rdp":
    case "vnc":
    case "sqlServer":
      return [plain];
  }
}

/** The gateway's ready-made words. With a login curl asks for the password itself. */
export function gatewayLines(local: string, user: string | null, example: string, platform: Platform): ReadyMade[] {
  const login = user === null ? "" : ` --proxy-user ${quoted(user, platform)}`;
  const named = user === null ? "" : `${encodeURIComponent(user)}@`;
  const variable = platform === "windows" ? "set HTTPS_PROXY=" : "export HTTPS_PROXY=";
  return [
    { label: "curl", text: `curl --proxy socks5h://${local}${login} http://${example}:8080/` },
    { label: "Environment", text: `${variable}http://${named}${local}` },
    { label: "Browser", text: `socks5://${local}` },
  ];
}

/** What stands for the person in ready-made words: the account's name without its domain. */
export function usualUser(email: string | undefined): string {
  const name = (email ?? "").split("@")[0] ?? "";
  return name === "" ? "user" : name;
}
