export function fromFileUrl(url: string | URL): string;
