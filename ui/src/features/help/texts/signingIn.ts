/** Signing in, to Google and to VMs. */

import type { Topic } from "../topic";

export const signingIn = {
  ways: {
    title: "Ways to sign in",
    means: [
      "Adit signs you in to Google in your browser and comes back by itself. It never sees your password: it gets a token, which is kept in the system’s keychain.",
      "Google wants to know which app asks. Where no OAuth client came with Adit, you bring one: in the Google Cloud console, below “Google Auth Platform”, make a client of type Desktop app, download its JSON file, and choose it here.",
      "Where gcloud has left Application Default Credentials on this computer, Adit can use those instead.",
    ],
    check: [
      "If no browser opens, copy the address and open it in one on this computer: the answer comes back to this computer only.",
      "If the browser says that the app is blocked, your organisation has to allow its client first.",
      "To make gcloud’s credentials: gcloud auth application-default login",
    ],
    ask: "Ask your Google Workspace administrator to trust the app, or for the OAuth client that your organisation has made for it.",
  },
  signIn: {
    title: "Google wants you to sign in again",
    means: [
      "Your sign-in has ended: it was revoked, your password changed, or your organisation ends sessions after some hours.",
      "Tunnels and sessions that run are kept. They go on by themselves once you have signed in.",
    ],
    check: [
      "Press “Sign in” and finish in the browser, with the same account as before.",
      "If the browser says that the app is blocked, your organisation has to allow it first.",
      "If you sign in with gcloud’s credentials, renew them with: gcloud auth application-default login",
    ],
    ask: "Ask your Google Workspace administrator to trust the app where its sign-in is blocked.",
  },
  key: {
    title: "The VM does not take your key",
    means: ["The tunnel is up, but the SSH server refuses the sign-in. Your key has not arrived there, or the VM does not let this user in."],
    check: [
      "Try again after half a minute: a key in the metadata takes a moment to arrive.",
      "With OS Login the role Compute OS Login is checked on the VM itself, at each sign-in.",
      "A project or VM can block keys from metadata (block-project-ssh-keys), or have no guest agent that puts them in place.",
    ],
    ask: "Ask whoever administers the project for the role Compute OS Login, and whoever runs the VM whether its guest agent runs.",
  },
  factor: {
    title: "The VM asks for one more thing",
    means: [
      "Your key was accepted, and the server asks for more: usually the second step of OS Login. Its questions are shown as it words them, and your answers go to it alone.",
    ],
    check: [
      "Where it offers several ways, answer with the number of one; it asks for the code next.",
      "For a prompt on your phone, confirm there first, then continue with an empty field.",
      "A server waits for about two minutes. Then it closes the connection, and you try again.",
    ],
    ask: "Ask whoever administers your Google account to set up a second step for it where OS Login demands one.",
  },
  hostKey: {
    title: "Is it really this VM?",
    means: [
      "Each SSH server has a host key of its own. Adit keeps it with the VM’s id, and stops where another one is shown than before.",
      "Usually the VM’s system was set up anew. It could also be somebody in between who pretends to be it: nothing of yours has been sent.",
    ],
    check: [
      "Ask yourself whether the VM’s disk was replaced or its keys were made anew. If nobody knows of it, do not go on.",
      "Compare the fingerprint with what the VM itself says, on its serial console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
    ],
    ask: "Ask whoever runs the VM for the fingerprint of its host key, by another way than this connection.",
  },
  certificate: {
    title: "The certificate of a remote desktop",
    means: [
      "Windows makes itself a certificate that no authority has signed. Adit shows it the first time, keeps it with the VM, and stops where another one is shown later. No password goes out before you have decided.",
      "With Network Level Authentication the password itself is never sent. Without it, the server gets the password over TLS: then a certificate that you trust is all that protects it.",
    ],
    check: [
      "Windows renews its certificate about every half year: the name in it stays the same.",
      "Compare the fingerprint with the one on the VM, in its Remote Desktop certificate store.",
    ],
    ask: "Ask whoever runs the VM whether its certificate was renewed.",
  },
  password: {
    title: "The remote desktop does not let you in",
    means: ["The name or the password is not right, the account is locked or has expired, or it may not sign in remotely."],
    check: [
      "Write the name as Windows has it: DOMAIN\\name for an account of a domain, .\\name for one of the VM.",
      "“Set Windows password” has the VM’s agent make or reset a local account. It needs the permission compute.instances.setMetadata.",
      "Where only members of Remote Desktop Users may sign in, the account has to be one.",
    ],
    ask: "Ask whoever runs the VM or the domain to unlock the account, or to add it to Remote Desktop Users.",
  },
  windowsPassword: {
    title: "Set a Windows password",
    means: [
      "The agent on the VM makes a local user, or gives one a new password. Adit puts a public key into the VM’s metadata; the agent answers with a password that only the key on this computer opens. It goes to the clipboard or into the sign-in, and is shown nowhere.",
      "A user who was there before loses what Windows encrypted for them (EFS) and the passwords that Windows saved.",
    ],
    check: [
      "The VM has to run, and its guest agent with it. After the VM’s start that takes a minute or two.",
      "You need compute.instances.setMetadata on the VM, and iam.serviceAccounts.actAs on its service account if it has one.",
      "On a domain controller the user is one of the domain.",
    ],
    ask: "Ask whoever runs the VM whether its guest agent may manage accounts.",
  },
  unsupported: {
    title: "This way of signing in is not supported",
    means: ["The VM asks for something that Adit cannot do, such as a security key for OS Login, or SSH on a Windows VM without a server for it."],
    check: ["A Windows VM has a desktop: connect by Remote Desktop.", "A forward of port 22 lets another program sign in over Adit’s tunnel."],
    ask: "Ask whoever administers the project which ways to sign in the VM allows.",
  },
} as const satisfies Record<string, Topic>;
