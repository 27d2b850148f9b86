import { describe, expect, it } from "vitest";

import { addressesOf, echoOf, MOST_ADDRESSES } from "./address";

const fault = (text: string) => {
  const typed = addressesOf(text);
  return "fault" in typed ? typed.fault : typed.choice;
};

describe("addresses by hand", () => {
  it("are IPv4 and IPv6, one a line or between commas, each once", () => {
    expect(fault(" 198.51.100.7,\n2001:db8::7\n198.51.100.7 ")).toEqual({ kind: "manual", addresses: ["198.51.100.7", "2001:db8::7"] });
  });

  it("are not ranges, names, or what is only seen inside a network", () => {
    for (const text of ["198.51.100.0/24", "example.com", "198.51.100", "256.1.1.1", "::g", "[2001:db8::1]", "1:2:3", "fe80::1%eth0"]) {
      expect(fault(text)).toBe("none");
    }
    for (const text of ["10.0.0.4", "127.0.0.1", "172.31.0.1", "192.168.1.1", "100.64.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1", "0.0.0.0"]) {
      expect(fault(text)).toBe("private");
    }
    expect(fault("")).toBe("empty");
    expect(fault(Array.from({ length: MOST_ADDRESSES + 1 }, (_, at) => `198.51.100.${at}`).join("\n"))).toBe("many");
  });
});

describe("the address of a service", () => {
  const faultOf = (text: string) => {
    const typed = echoOf(text);
    return "fault" in typed ? typed.fault : typed.choice;
  };

  it("is a web address by HTTPS without a password in it", () => {
    expect(faultOf(" https://ip.acme.example/me ")).toEqual({ kind: "echo", url: "https://ip.acme.example/me" });
    expect(faultOf("")).toBe("empty");
    expect(faultOf("ip.acme.example")).toBe("url");
    expect(faultOf("http://ip.acme.example")).toBe("https");
    expect(faultOf("javascript:alert(1)")).toBe("url");
    expect(faultOf("https://ana:secret@ip.acme.example")).toBe("secret");
  });
});
