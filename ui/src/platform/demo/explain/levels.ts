/** The double's explanations that name an access level. */

import type { InstanceRef } from "../../../contract/InstanceRef";
import { DENIED, expression, level, levelTest, request, ROLE, row, rungs, type Story, story } from "./parts";

const RANGE = "203.0.113.0/24";
const OURS = "198.51.100.7";
const ADDRESS_FACT = { label: "Public address", value: `${OURS}, as set in the settings` };
const OS_FACT = { label: "Operating system", value: "macOS 15.1, from the system itself" };

const granted = (short: string, place = "projects/acme-prod") => ({
  role: ROLE,
  place,
  member: null,
  title: "",
  condition: expression(levelTest(short), [levelTest(short), "notMet"]),
});

const address = row("Public address", RANGE, OURS, "notMet");

export const levels = {
  /** Fails on the address. */
  "corp-net": (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "accessLevelNotMet",
      title: "“Corp network” is the access level that keeps you out",
      headline: `You hold ${ROLE} on projects/acme-prod, but access level corp_net is not met: your public IP must be in ${RANGE}. There is 1 other way to qualify.`,
      advice: "Connect to the company VPN, then try again.",
      certainty: "likely",
      basis: "from this computer's address, and the fact that IAP refused",
      levels: [
        level("corp_net", "Corp network", {
          combine: "All conditions must hold",
          rows: [
            address,
            row("Operating system", "macOS 14 or later", "macOS 15.1", "unknown"),
            row("Company-owned device", "yes", null, "unknown"),
          ],
        }),
      ],
      binding: granted("corp_net"),
      otherWays: [["operating system must be DESKTOP_WINDOWS 10.0.19045 or later (this device: DESKTOP_MAC 15.1.0)"]],
      facts: [ADDRESS_FACT, OS_FACT],
      request: request(vm, port, "Access level corp_net (accessPolicies/42/accessLevels/corp_net) is not met: public IP 198.51.100.7 is not in 203.0.113.0/24. Likely (CLIENT).\n\ngcloud access-context-manager levels describe corp_net --policy=42", "role"),
      links: [{ label: "Access levels", url: "https://console.cloud.google.com/security/access-level" }],
      server: DENIED,
    }),

  /** Two levels, an inner one, and conditions of which one is enough. */
  nested: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "accessLevelNotMet",
      title: "“Corp network” is the access level that keeps you out",
      headline: `You hold ${ROLE} on projects/acme-prod, but access level corp_net is not met: your public IP must be in ${RANGE}. There are 2 other ways to qualify.`,
      advice: "Connect to the company VPN, then try again.",
      certainty: "likely",
      basis: "from this computer's address",
      levels: [
        level("corp_net", "Corp network", {
          combine: "One of these conditions is enough",
          rows: [
            address,
            row("Region", "DE, AT, CH", null, "unknown", { condition: 1 }),
            row("Screen lock", "on", "on", "unknown", { condition: 1, note: "counts only as Google's device record says" }),
            row("Disk encryption", "ENCRYPTED", "not encrypted", "notMet", { condition: 1 }),
          ],
        }),
        level("prod_admin", "Production administrators", {
          combine: "All conditions must hold",
          rows: [
            row("Member", "a listed account", "ana@acme.example", "met"),
            row("Access level", "corp_net", null, "notMet", { note: "see above" }),
          ],
        }),
      ],
      binding: granted("prod_admin"),
      otherWays: [["request must come from region DE, AT, CH", "disk encryption must be ENCRYPTED"], ["port must be 22 (you asked for 3389)"]],
      facts: [ADDRESS_FACT, { label: "Disk encryption", value: "off, from lsblk" }],
      request: request(vm, port, "Access level corp_net is not met."),
      server: DENIED,
    }),

  /** A custom level. */
  custom: (vm: InstanceRef, port: number): Story => {
    const source = `device.os_type == OsType.DESKTOP_WINDOWS && (
  inIpRange(origin.ip, ["${RANGE}"]) ||
  origin.region_code in ["US"]
) && device.encryption_status == DeviceEncryptionStatus.ENCRYPTED`;
    return story({
      verdict: "accessLevelNotMet",
      title: "“Trusted Windows in the office” is the access level that keeps you out",
      headline: `You hold ${ROLE} on folders/70, but access level custom1 is not met: \`device.os_type == OsType.DESKTOP_WINDOWS\` must be true; your public IP must be in ${RANGE}. There is 1 other way to qualify.`,
      advice: "Use a Windows computer in the office network, or ask the administrator for another level.",
      certainty: "likely",
      basis: "from this computer's system and address",
      levels: [
        level("custom1", "Trusted Windows in the office", {
          expression: expression(
            source,
            ["device.os_type == OsType.DESKTOP_WINDOWS", "notMet"],
            [`inIpRange(origin.ip, ["${RANGE}"])`, "notMet"],
            ['origin.region_code in ["US"]', "unknown"],
            ["device.encryption_status == DeviceEncryptionStatus.ENCRYPTED", "unknown"],
          ),
        }),
      ],
      binding: granted("custom1", "folders/70"),
      otherWays: [["`device.os_type == OsType.DESKTOP_WINDOWS` must be true", '`origin.region_code in ["US"]` must be true']],
      facts: [ADDRESS_FACT, { label: "Operating system", value: "Debian 12, from /etc/os-release" }],
      request: request(vm, port, "Access level custom1 is not met."),
      server: DENIED,
    });
  },

  /** Follows from the refusal. */
  inferred: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "accessLevelNotMet",
      title: "“German office” is the access level that keeps you out",
      headline: `You hold ${ROLE} on projects/acme-prod, but access level de_office is not met: request must come from region DE.`,
      advice: "Google places this connection outside Germany. Switch off a VPN that leads abroad, then try again.",
      certainty: "likely",
      basis: "from this computer's address, and the fact that IAP refused",
      levels: [
        level("de_office", "German office", {
          status: "inferred",
          statusText: "Not met: everything else that was asked for is met, and IAP refused",
          combine: "All conditions must hold",
          rows: [
            row("Public address", "198.51.100.0/24", OURS, "met"),
            row("Region", "DE", null, "unknown", { inferred: true, note: "only Google knows where it places an address" }),
          ],
        }),
      ],
      binding: { ...granted("de_office"), condition: expression(levelTest("de_office"), [levelTest("de_office"), "unknown"]) },
      facts: [ADDRESS_FACT],
      request: request(vm, port, "Access level de_office is not met."),
      server: DENIED,
    }),

  /** Named by the audit log, and not readable. */
  reported: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "accessLevelNotMet",
      title: "“mtls” is the access level that keeps you out",
      headline: `You hold ${ROLE} on projects/acme-prod, but access level mtls is not met: access level mtls must be met (its definition is not readable).`,
      advice: "Send the request below to an administrator, who can read what the level asks for.",
      certainty: "proven",
      basis: "from IAP's audit record",
      levels: [
        level("mtls", "mtls", {
          status: "reported",
          statusText: "Not met, by Google's audit record of this attempt",
          note: "Its definition is not readable: you lack accesscontextmanager.accessLevels.get.",
        }),
      ],
      binding: granted("mtls"),
      facts: [{ label: "Public address", value: "198.51.100.7, as Google saw it" }],
      rungs: rungs(
        { id: "audit", label: "Audit log", state: "read", detail: "1 level not met" },
        { id: "level", label: "Access level mtls", state: "denied", detail: "" },
      ),
      request: request(vm, port, "Access level mtls was reported as not met."),
      server: DENIED,
    }),

  /** One of two, neither of which can be singled out; and names as long as they come. */
  suspect: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "accessLevelNotMet",
      title: "“Trusted devices of the European production engineering on-call rotation” is the access level that keeps you out",
      headline: `You hold ${ROLE} on projects/acme-prod, but access level trusted_device_of_the_european_production_engineering_on_call is not met; at least one of these is missing: device must be approved by an administrator; device must be company-owned (cannot be checked from this computer). IAP saw no registered device for you: install or re-sync Endpoint Verification first.`,
      advice: "Open Endpoint Verification in Chrome and sync it, then try again.",
      certainty: "possible",
      basis: "from the fact that IAP refused",
      levels: [
        level("trusted_device_of_the_european_production_engineering_on_call", "Trusted devices of the European production engineering on-call rotation", {
          status: "suspect",
          statusText: "May be the one: none of its requirements can be checked from this computer",
          combine: "All conditions must hold",
          rows: [
            row("Approved by an administrator", "yes", null, "unknown"),
            row("Company-owned device", "yes", null, "unknown"),
            row("Public address", Array.from({ length: 40 }, (_, i) => `10.${i}.0.0/16`).join(", "), "10.3.0.9, 2001:db8:85a3:8d3:1319:8a2e:370:7348", "met"),
          ],
        }),
      ],
      binding: granted("trusted_device_of_the_european_production_engineering_on_call"),
      remarks: ["A condition with an access level on a role that holds other permissions does not work for those."],
      facts: [ADDRESS_FACT, OS_FACT],
      request: request(vm, port, "At least one requirement of the device is missing."),
      server: DENIED,
    }),
};
