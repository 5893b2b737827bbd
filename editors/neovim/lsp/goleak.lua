-- goleak-lsp for Neovim 0.11 and later: vim.lsp.enable({ 'gopls', 'goleak' })

-- Shows what the server answers, a Markdown page, where the cursor is.
local function show_page(command, context)
  local client = assert(vim.lsp.get_client_by_id(context.client_id))
  local request = { command = command.command, arguments = command.arguments }
  client:request('workspace/executeCommand', request, function(failure, page)
    if failure then
      vim.notify('goleak: ' .. failure.message, vim.log.levels.ERROR)
    elseif page and page ~= '' then
      vim.lsp.util.open_floating_preview(vim.split(page, '\n'), 'markdown', { focus_id = 'goleak' })
    end
  end, context.bufnr)
end

---@type vim.lsp.Config
return {
  cmd = { 'goleak-lsp' },
  filetypes = { 'go', 'gomod', 'goroutine-dump' },
  root_markers = { 'go.work', 'go.mod', '.git' },
  settings = { goleak = vim.empty_dict() },
  commands = { ['goleak.showStacks'] = show_page },
}
