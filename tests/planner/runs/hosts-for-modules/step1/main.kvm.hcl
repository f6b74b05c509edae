host "kvm" {
  for_each = { a = "local", b = "local" }
  address  = each.value
}
module "m" {
  source   = "./m"
  for_each = host.kvm
  host     = each.value
}
