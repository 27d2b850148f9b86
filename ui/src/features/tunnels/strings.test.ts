import { describe, expect, it } from "vitest";

import type { TunnelProtocol } from "../../contract/TunnelProtocol";
import { gatewayLines, quoted, readyMade, usualUser, webAddress } from "./strings";
import { PROTOCOLS } from "./words";

const LOCAL = "127.0.0.1:15432";
const texts = (local: string, protocol: TunnelProtocol, user = "ana") =>
  readyMade(local, protocol, user, "linux").map(({ text }) => text);

describe("ready-made words", () => {
  it("are those that each program takes", () => {
    expect(texts(LOCAL, "postgres")).toEqual([
      'psql "host=127.0.0.1 port=15432 user=ana dbname=postgres"',
      "jdbc:postgresql://127.0.0.1:15432/postgres",
      "postgresql://ana@127.0.0.1:15432/postgres",
    ]);
    expect(texts(LOCAL, "mysql")).toEqual(["mysql --host=127.0.0.1 --port=15432 --user=ana -p", "jdbc:mysql://127.0.0.1:15432/"]);
    expect(texts(LOCAL, "ssh")[0]).toBe("ssh -p 15432 ana@127.0.0.1");
    expect(texts(LOCAL, "sqlServer")[1]).toMatch(/^jdbc:sqlserver:\/\/127\.0\.0\.1:15432;/);
    expect(texts(LOCAL, "mongodb")[1]).toBe("mongodb://127.0.0.1:15432/?directConnection=true");
    expect(texts(LOCAL, "redis")[0]).toBe("redis-cli -h 127.0.0.1 -p 15432");
    expect(texts(LOCAL, "http")).toEqual(["http://127.0.0.1:15432/"]);
    expect(texts(LOCAL, "https")).toEqual(["https://127.0.0.1:15432/"]);
    expect(texts(LOCAL, "any")).toEqual([LOCAL]);
    expect(readyMade(LOCAL, "rdp", "ana", "windows")[0]?.text).toBe("mstsc /v:127.0.0.1:15432");
  });

  it("are there for every protocol, system and kind of local end, with labels of their own", () => {
    for (const protocol of Object.keys(PROTOCOLS) as TunnelProtocol[]) {
      for (const platform of ["linux", "macos", "windows"] as const) {
        for (const local of [LOCAL, "/run/user/1000/adit/db.sock"]) {
          const labels = readyMade(local, protocol, "ana", platform).map(({ label }) => label);
          expect(labels.length, `${protocol} ${platform}`).toBeGreaterThan(0);
          expect(new Set(labels).size).toBe(labels.length);
        }
      }
    }
  });

  it("of a socket name it as the program wants it", () => {
    expect(texts("/run/user/1000/adit/db/.s.PGSQL.5432", "postgres")[0]).toBe(
      'psql "host=/run/user/1000/adit/db port=5432 user=ana dbname=postgres"',
    );
    expect(texts("/run/user/1000/adit/x.sock", "postgres")).toEqual(["/run/user/1000/adit/x.sock"]);
    expect(texts("/home/ana b/x.sock", "mysql")[0]).toBe('mysql "--socket=/home/ana b/x.sock" --user=ana -p');
    expect(texts("/tmp/x.sock", "redis")[0]).toBe("redis-cli -s /tmp/x.sock");
  });

  it("quote what the shell would read as its own", () => {
    expect(quoted("plain-1.2/x", "linux")).toBe("plain-1.2/x");
    expect(quoted("a b", "linux")).toBe('"a b"');
    expect(quoted("", "linux")).toBe('""');
    expect(quoted("$(id)", "linux")).toBe("'$(id)'");
    expect(quoted("it's `id`", "linux")).toBe("'it'\\''s `id`'");
    expect(quoted("a;b", "linux")).toBe('"a;b"');
    expect(quoted('say "hi"\\', "windows")).toBe('"say \\"hi\\"\\\\"');
    expect(texts(LOCAL, "postgres", "o'neil x")[0]).toBe(
      "psql 'host=127.0.0.1 port=15432 user='\\''o\\'\\''neil x'\\'' dbname=postgres'",
    );
    expect(texts(LOCAL, "ssh", "$(reboot)")[0]).toBe("ssh -p 15432 '$(reboot)@127.0.0.1'");
    expect(texts(LOCAL, "postgres", "a@b/c")[2]).toBe("postgresql://a%40b%2Fc@127.0.0.1:15432/postgres");
  });
});

it("only web tunnels open in a browser, and only at a port", () => {
  expect(webAddress(LOCAL, "http")).toBe("http://127.0.0.1:15432/");
  expect(webAddress(LOCAL, "ssh")).toBeNull();
  expect(webAddress("/tmp/x.sock", "http")).toBeNull();
});

it("the gateway's lines name the login and never a password", () => {
  const plain = gatewayLines("127.0.0.1:10080", null, "web-1.z.p.adit", "linux").map(({ text }) => text);
  expect(plain).toEqual([
    "curl --proxy socks5h://127.0.0.1:10080 http://web-1.z.p.adit:8080/",
    "export HTTPS_PROXY=http://127.0.0.1:10080",
    "socks5://127.0.0.1:10080",
  ]);
  const login = gatewayLines("127.0.0.1:10080", "adit", "web-1.z.p.adit", "windows").map(({ text }) => text);
  expect(login[0]).toContain("--proxy-user adit ");
  expect(login[1]).toBe("set HTTPS_PROXY=http://adit@127.0.0.1:10080");
});

it("the usual user is the account without its domain", () => {
  expect(usualUser("ana@acme.example")).toBe("ana");
  expect(usualUser(undefined)).toBe("user");
});
