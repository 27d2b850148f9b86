/** What the explorer says. */

import type { FailureCode } from "../../contract/FailureCode";
import type { InstanceAction } from "../../contract/InstanceAction";
import type { InstanceStatus } from "../../contract/InstanceStatus";

/** A VM's state in a word. */
export function statusWord(status: InstanceStatus): string {
  switch (status) {
    case "provisioning":
    case "staging":
      return "starting";
    case "running":
      return "running";
    case "stopping":
      return "stopping";
    case "suspending":
      return "suspending";
    case "suspended":
      return "suspended";
    case "repairing":
      return "repairing";
    case "stopped":
      return "stopped";
    case "unknown":
      return "state not known";
  }
}

/** Why a project's or a zone's VMs could not be listed. */
export function problemWord(code: FailureCode): string {
  switch (code) {
    case "permissionDenied":
    case "notAuthorized":
      return "You may not list VMs here. Ask for the role Compute Viewer on this project.";
    case "apiDisabled":
      return "The Compute Engine API is not enabled in this project.";
    case "notFound":
      return "Google does not know this project any more.";
    case "throttled":
      return "Google asks to go slower. Refresh in a minute.";
    case "network":
    case "relayUnreachable":
      return "Google did not answer. Check the network, then refresh.";
    case "signInNeeded":
      return "Google wants you to sign in again.";
    case "cancelled":
    case "vmStopped":
    case "vmBusy":
    case "backendUnreachable":
    case "connectionLost":
    case "protocolViolation":
    case "keyRefused":
    case "hostKeyChanged":
    case "hostKeyRejected":
    case "certificateUnknown":
    case "certificateChanged":
    case "passwordRefused":
    case "notSupported":
    case "server":
    case "keychain":
    case "invalidInput":
    case "portTaken":
    case "file":
    case "updateRefused":
    case "internal":
      return "The VMs here could not be listed. Refresh to try again.";
  }
}

/** The question before what cannot be taken back; `null` where none is asked. */
export function questionBefore(action: InstanceAction, vm: string): { title: string; advice: string; confirm: string } | null {
  switch (action) {
    case "stop":
      return {
        title: `Stop ${vm}?`,
        advice: "Everyone connected to it is cut off, and what is only in its memory is gone. Its disks stay.",
        confirm: `Stop ${vm}`,
      };
    case "reset":
      return {
        title: `Reset ${vm}?`,
        advice: "This is the reset button on a machine's front: nothing is shut down first, and what is not on disk is gone.",
        confirm: `Reset ${vm}`,
      };
    case "suspend":
      return {
        title: `Suspend ${vm}?`,
        advice: "Everyone connected to it is cut off. Its memory is kept, and it goes on from there when it is resumed.",
        confirm: `Suspend ${vm}`,
      };
    case "start":
    case "resume":
      return null;
  }
}

export const words = {
  title: "Explorer",
  tree: "Projects and VMs",
  choose: "Choose projects…",
  some: (shown: number, all: number) => `${shown} of ${all}`,
  leftOut: (count: number) => (count === 1 ? "1 project is not shown" : `${count} projects are not shown`),
  projects: "Projects",
  filter: "Filter VMs",
  filterClear: "Clear the filter",
  refresh: "Refresh the list",
  listing: "Listing your projects",
  listingLong: "The first time takes a few seconds.",
  noProjects: "No projects yet",
  noProjectsAdvice: "This account sees no project. Ask for the role Browser or Compute Viewer on one, then refresh.",
  noMatch: (text: string) => `No VM matches “${text}”`,
  noMatchAdvice: "Part of a name is enough.",
  failed: "The list could not be fetched",
  connect: "Connect",
  star: (vm: string) => `Add ${vm} to the favourites`,
  unstar: (vm: string) => `Take ${vm} from the favourites`,
  saveProfile: "Save as profile…",
  addFavourite: "Add to favourites",
  removeFavourite: "Remove from favourites",
  connectTo: (vm: string) => `Connect to ${vm}`,
  connectSsh: "Connect by SSH",
  connectRdp: "Connect by Remote Desktop",
  chooseHow: "Choose how to connect…",
  openNew: "Connect in a new tab",
  windowsPassword: "Set Windows password…",
  forward: "Forward a port…",
  explain: "Explain access…",
  start: "Start",
  stop: "Stop…",
  reset: "Reset…",
  suspend: "Suspend…",
  resume: "Resume",
  help: "What this means",
  settings: "Settings…",
  copyName: "Copy name",
  copyAddress: "Copy internal address",
  expand: "Expand",
  collapse: "Collapse",
  cancel: "Cancel",
  resize: "Width of the explorer",
};
