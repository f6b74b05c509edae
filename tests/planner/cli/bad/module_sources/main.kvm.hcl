module "bare" {
  source = "net"
}

module "registry" {
  source  = "org/net/libvirt"
  version = "~> 1.0"
}

module "versioned" {
  source  = "./net"
  version = "~> 1.0"
}

module "archive" {
  source = "https://me:secret@git.example/net.zip"
}

module "absolute" {
  source = "/srv/net"
}

module "shipped" {
  source = "kvmplan//nat-netwrok"
}

module "nowhere" {
  source = "./nowhere"
}

module "fetched" {
  source = "git@git.example:org/net.git?ref=v1"
}
