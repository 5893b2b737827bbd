-- Goroutine dumps by their names, and `:Goleak COMMAND [ARGUMENT]` for the server's commands.
vim.filetype.add({ extension = { goroutine = 'goroutine-dump', goroutines = 'goroutine-dump' } })

local function client_here()
  return vim.lsp.get_clients({ name = 'goleak', bufnr = 0 })[1] or vim.lsp.get_clients({ name = 'goleak' })[1]
end

local function commands_of(client)
  local provider = client and client.server_capabilities.executeCommandProvider
  return vim.tbl_map(function(name)
    return (name:gsub('^goleak%.', ''))
  end, provider and provider.commands or {})
end

vim.api.nvim_create_user_command('Goleak', function(options)
  local client = client_here()
  if not client then
    return vim.notify('goleak: the server is not running here', vim.log.levels.ERROR)
  end
  local arguments = vim.list_slice(options.fargs, 2)
  if options.fargs[1] == 'showStacks' then
    arguments = { vim.uri_from_bufnr(0), vim.api.nvim_win_get_cursor(0)[1] - 1 }
  end
  client:exec_cmd({ title = 'Goleak', command = 'goleak.' .. options.fargs[1], arguments = arguments }, nil, function(failure, answer)
    if failure then
      vim.notify('goleak: ' .. failure.message, vim.log.levels.ERROR)
    elseif answer ~= nil and answer ~= vim.NIL then
      vim.print(answer)
    end
  end)
end, {
  nargs = '+',
  desc = 'Run a command of goleak-lsp',
  complete = function(begun)
    return vim.tbl_filter(function(name)
      return vim.startswith(name, begun)
    end, commands_of(client_here()))
  end,
})
